//! Draws the points: a column for each axis, cost above and memory below, all scales logarithmic.

use std::fmt::Write;

use super::Point;

const WIDTH: f64 = 170.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 56.0;
const GAP: (f64, f64) = (26.0, 62.0);

/// What is drawn of a point.
type Get = fn(&Point) -> f64;

/// The picture.
pub(super) fn svg(points: &[Point]) -> String {
    let columns: Vec<&[Point]> = points.chunk_by(|a, b| a.axis == b.axis).collect();
    let (width, height) =
        (LEFT + columns.len() as f64 * (WIDTH + GAP.0) + 10.0, TOP + 2.0 * (HEIGHT + GAP.1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#333\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"14\">How cost grows: one thread, class, thread and \
         stack of every event looked up</text>\n"
    );
    let rows: [(&str, Get); 2] = [("CPU ns an event", cost), ("MiB held", memory)];
    for (row, (title, value)) in rows.into_iter().enumerate() {
        let scale = Scale::over(points.iter().map(value));
        let top = TOP + row as f64 * (HEIGHT + GAP.1);
        let _ =
            writeln!(out, "<text x=\"{LEFT}\" y=\"{}\" fill=\"#666\">{title}</text>", top - 8.0);
        for (column, points) in columns.iter().enumerate() {
            let place = (LEFT + column as f64 * (WIDTH + GAP.0), top);
            panel(&mut out, place, points, &scale, value, column == 0);
        }
    }
    out.push_str("</svg>\n");
    out
}

fn cost(point: &Point) -> f64 {
    point.ns_per_event
}

fn memory(point: &Point) -> f64 {
    point.memory as f64 / f64::from(1 << 20)
}

fn panel(
    out: &mut String,
    (left, top): (f64, f64),
    points: &[Point],
    scale: &Scale,
    value: Get,
    has_labels: bool,
) {
    let bottom = top + HEIGHT;
    for decade in scale.decades() {
        let y = bottom - scale.place(decade) * HEIGHT;
        let _ = writeln!(out, "<path d=\"M{left} {y:.1}h{WIDTH}\" stroke=\"#ddd\"/>");
        if has_labels {
            let (x, y) = (left - 6.0, y + 4.0);
            let _ =
                writeln!(out, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{decade}</text>");
        }
    }
    let across = Scale::over(points.iter().map(|point| f64::from(point.value)));
    let places: Vec<_> = points
        .iter()
        .map(|point| {
            let x = left + across.place(f64::from(point.value)) * WIDTH;
            (x, bottom - scale.place(value(point)) * HEIGHT, point)
        })
        .collect();
    let mut line = String::new();
    for (x, y, _) in &places {
        let _ = write!(line, " {x:.1},{y:.1}");
    }
    let _ = writeln!(
        out,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f6fb4\" stroke-width=\"1.5\"/>",
        line.trim_start()
    );
    for (number, (x, y, point)) in places.iter().enumerate() {
        let _ = writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\" fill=\"#1f6fb4\"/>");
        let anchor = match number {
            0 => "start",
            last if last + 1 == places.len() => "end",
            _ => continue,
        };
        let (shown, under) = (value(point), short(point.value));
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{shown:.*}</text>\n\
             <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{under}</text>",
            y - 6.0,
            usize::from(shown < 100.0),
            bottom + 16.0,
        );
    }
    let (x, y, unit) = (left + WIDTH / 2.0, bottom + 32.0, points[0].unit);
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{unit}</text>");
}

/// A logarithmic scale of whole decades.
struct Scale {
    from: f64,
    to: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let start = (f64::MAX, f64::MIN);
        let (least, most) =
            values.fold(start, |(least, most), value| (least.min(value), most.max(value)));
        let (from, to) = (least.log10().floor(), most.log10().ceil());
        Self { from, to: to.max(from + 1.0) }
    }

    /// From 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value.log10() - self.from) / (self.to - self.from)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        (self.from as i32..=self.to as i32).map(|power| 10f64.powi(power))
    }
}

fn short(value: u32) -> String {
    match value {
        _ if value >= 1 << 20 && value.is_multiple_of(1 << 20) => format!("{} Mi", value >> 20),
        _ if value >= 1_000 && value.is_multiple_of(1_000) => format!("{},000", value / 1_000),
        _ => value.to_string(),
    }
}
