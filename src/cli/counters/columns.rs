//! Provider, counter and tags of a table, made to fit beside the values.

/// How wide each column is.
pub(super) fn widest(all: &[[String; 3]]) -> [usize; 3] {
    let mut widths = [0; 3];
    for names in all {
        for (width, name) in widths.iter_mut().zip(names) {
            *width = (*width).max(name.chars().count());
        }
    }
    widths
}

/// Drops the tags that all series of a counter share, where it has several: they tell nothing apart.
pub(super) fn drop_shared(all: &mut [[String; 3]]) {
    let is_same =
        |one: &[String; 3], other: &[String; 3]| one.first_chunk::<2>() == other.first_chunk();
    for series in all.chunk_by_mut(is_same).filter(|series| series.len() > 1) {
        let of = |[.., tags]: &[String; 3]| tags.split(',').map(str::to_owned).collect::<Vec<_>>();
        let mut shared = series.first().map(of).unwrap_or_default();
        shared.retain(|tag| series.iter().all(|one| of(one).contains(tag)));
        for names in series {
            let kept: Vec<_> = of(names).into_iter().filter(|tag| !shared.contains(tag)).collect();
            let [.., tags] = names;
            *tags = kept.join(",");
        }
    }
}

/// Takes from the widest column until they fit; none is narrower than 8.
pub(super) fn fit(widths: &mut [usize], room: usize) {
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max().filter(|width| **width > 8) else { return };
        *widest -= 1;
    }
}

/// Cut to a width, with a mark where it is.
pub(super) fn cut(text: String, width: usize) -> String {
    if text.chars().count() <= width {
        return text;
    }
    let kept = width.saturating_sub(1);
    text.chars().take(kept).chain(['\u{2026}']).collect()
}

/// The same at its beginning: what tells tags apart stands at their end.
pub(super) fn cut_left(text: &str, width: usize) -> String {
    let len = text.chars().count();
    if len <= width {
        return text.to_owned();
    }
    let kept = text.chars().skip(len - width.saturating_sub(1));
    std::iter::once('\u{2026}').chain(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_gives_way() {
        let mut widths = [20, 50, 10];
        fit(&mut widths, 60);
        assert_eq!(widths, [20, 30, 10]);
        fit(&mut widths, 40);
        assert_eq!(widths, [15, 15, 10]);
        fit(&mut widths, 0);
        assert_eq!(widths, [8, 8, 8]);
        assert_eq!(cut("abcdef".to_owned(), 4), "abc\u{2026}");
        assert_eq!(cut("abcd".to_owned(), 4), "abcd");
        assert_eq!([cut_left("abcdef", 4), cut_left("abcd", 4)], ["\u{2026}def", "abcd"]);
    }

    #[test]
    fn what_tells_series_apart_stays() {
        let row = |name: &str, tags: &str| ["Shop", name, tags].map(str::to_owned);
        let mut all = vec![
            row("a", "region=eu-1,shop=s0,Percentile=50"),
            row("a", "region=eu-1,shop=s0,Percentile=95"),
            row("a", "region=eu-1,shop=s1,Percentile=50"),
            row("b", "region=eu-1,shop=s0"),
        ];
        drop_shared(&mut all);
        let tags: Vec<_> = all.iter().map(|[.., tags]| &**tags).collect();
        let of_a = ["shop=s0,Percentile=50", "shop=s0,Percentile=95", "shop=s1,Percentile=50"];
        assert_eq!(tags, [&of_a[..], &["region=eu-1,shop=s0"]].concat());
        assert_eq!(widest(&all), [4, 1, 21]);
    }
}
