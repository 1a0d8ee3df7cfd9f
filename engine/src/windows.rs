//! When events were lost: counts by time, in a fixed number of windows whose width doubles as the
//! time between the first gap and the last grows.

use crate::span::Gap;

/// Windows that there are room for.
const COUNT: u64 = 64;

/// What was lost in a span of time. A gap counts where it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LossWindow {
    /// Ticks at which it begins.
    pub from_ticks: u64,
    /// Ticks of its last moment.
    pub to_ticks: u64,
    /// Events lost, those of `lost_after_damage` included.
    pub lost: u64,
    /// Those that damage may have hidden.
    pub lost_after_damage: u64,
    /// Gaps.
    pub gaps: u64,
}

/// Loss by time. Bounded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    /// In order of time; without those in which nothing was lost.
    windows: Vec<LossWindow>,
    /// A window is 2^width ticks long.
    width: u32,
}

impl Windows {
    /// Counts a gap. O(windows).
    pub(crate) fn add(&mut self, gap: &Gap) {
        let first = self.windows.first().map_or(gap.to_ticks, |first| first.from_ticks);
        let last = self.windows.last().map_or(gap.to_ticks, |last| last.to_ticks);
        let (first, last) = (first.min(gap.to_ticks), last.max(gap.to_ticks));
        while (last >> self.width) - (first >> self.width) >= COUNT {
            self.widen();
        }
        let number = gap.to_ticks >> self.width;
        let at = self.windows.partition_point(|window| window.from_ticks >> self.width < number);
        let is_there =
            self.windows.get(at).is_some_and(|window| window.from_ticks >> self.width == number);
        if !is_there {
            self.windows.insert(at, self.window(number));
        }
        if let Some(window) = self.windows.get_mut(at) {
            window.lost = window.lost.saturating_add(gap.lost);
            let after_damage = if gap.after_damage { gap.lost } else { 0 };
            window.lost_after_damage = window.lost_after_damage.saturating_add(after_damage);
            window.gaps += 1;
        }
    }

    pub(crate) fn as_slice(&self) -> &[LossWindow] {
        &self.windows
    }

    /// Makes windows twice as long.
    fn widen(&mut self) {
        self.width += 1;
        let old = std::mem::take(&mut self.windows);
        for window in old {
            let wide = self.window(window.from_ticks >> self.width);
            match self.windows.last_mut() {
                Some(last) if last.from_ticks == wide.from_ticks => {
                    last.lost = last.lost.saturating_add(window.lost);
                    last.lost_after_damage =
                        last.lost_after_damage.saturating_add(window.lost_after_damage);
                    last.gaps += window.gaps;
                }
                _ => {
                    let (from_ticks, to_ticks) = (wide.from_ticks, wide.to_ticks);
                    self.windows.push(LossWindow { from_ticks, to_ticks, ..window });
                }
            }
        }
    }

    fn window(&self, number: u64) -> LossWindow {
        let from_ticks = number << self.width;
        let to_ticks = from_ticks | ((1 << self.width) - 1);
        LossWindow { from_ticks, to_ticks, ..LossWindow::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(to_ticks: u64, lost: u64) -> Gap {
        Gap { thread: 1, lost, after_damage: to_ticks % 2 == 1, from_ticks: 0, to_ticks }
    }

    #[test]
    fn windows_widen_and_lose_no_count() {
        let mut windows = Windows::default();
        let mut total = 0;
        for step in 0..10_000u64 {
            windows.add(&gap(1_000_000 + step * step % 7_919 * 100, step));
            total += step;
        }
        let found = windows.as_slice();
        assert!((32..=64).contains(&found.len()), "{}", found.len());
        assert_eq!(found.iter().map(|window| window.lost).sum::<u64>(), total);
        assert_eq!(found.iter().map(|window| window.gaps).sum::<u64>(), 10_000);
        assert!(found.windows(2).all(|pair| matches!(pair, [a, b] if a.to_ticks < b.from_ticks)));
    }

    #[test]
    fn any_two_times_fit() {
        let mut windows = Windows::default();
        for ticks in [u64::MAX, 0, 1 << 40, 5] {
            windows.add(&gap(ticks, 1));
        }
        assert_eq!(windows.as_slice().iter().map(|window| window.lost).sum::<u64>(), 4);
        assert_eq!(windows.as_slice().last().map(|window| window.to_ticks), Some(u64::MAX));
    }
}
