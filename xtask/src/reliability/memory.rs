//! The curves of memory that the soaks wrote, as a plot.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::drawing::{Drawing, step};
use crate::process::{root, target_dir};

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 320.0;
/// Left of a panel's scale.
const GAP: f64 = 60.0;
const TOP: f64 = 70.0;
/// Points of a curve; more would not be seen.
const POINTS: usize = 400;
/// The curves, with name and colour.
const SERIES: [(&str, &str); 2] = [("rust", "#1f6fb4"), ("kotlin", "#d9771f")];

/// Where the curves lie.
pub(super) fn folder() -> PathBuf {
    target_dir().join("reliability")
}

/// Draws the curves that are there.
pub(super) fn plot() -> Result<()> {
    let curve = |(name, _): &(&str, &str)| {
        fs::read_to_string(folder().join(format!("{name}.csv"))).map(|text| read(&text)).unwrap_or_default()
    };
    let picture = root().join("docs/images/soak.svg");
    fs::write(&picture, svg(&SERIES.map(|series| curve(&series))))
        .with_context(|| format!("cannot write {}", picture.display()))
}

/// Seconds and MB of each row.
fn read(csv: &str) -> Vec<(f64, f64)> {
    let row = |line: &str| {
        let (second, kb) = line.split_once(',')?;
        Some((second.parse().ok()?, kb.parse::<f64>().ok()? / 1024.0))
    };
    csv.lines().filter_map(row).collect()
}

fn svg(curves: &[Vec<(f64, f64)>; 2]) -> String {
    let mut drawing = Drawing::new(WIDTH, HEIGHT);
    drawing.title(GAP, 30.0, "Memory of its own that the process holds (MB), by seconds of soak");
    for (number, (curve, series)) in curves.iter().zip(SERIES).enumerate() {
        panel(&mut drawing, GAP + number as f64 * WIDTH / 2.0, series, curve);
    }
    drawing.finish()
}

/// One curve on a scale of its own, from nothing up.
fn panel(drawing: &mut Drawing, left: f64, series: (&str, &str), curve: &[(f64, f64)]) {
    let most = |of: fn(&(f64, f64)) -> f64| curve.iter().map(of).fold(1.0, f64::max);
    let (seconds, highest) = (most(|point| point.0), most(|point| point.1));
    let (across, up) = (step(seconds), step(highest));
    let ticks = (highest / up).ceil();
    let (bottom, width) = (HEIGHT - 40.0, WIDTH / 2.0 - GAP - 24.0);
    let x = |second: f64| left + second / seconds * width;
    let y = |mb: f64| bottom - mb / (ticks * up) * (bottom - TOP);
    drawing.legend(left, 52.0, &[series]);
    for tick in 0..=ticks as usize {
        let mb = tick as f64 * up;
        drawing.line((left, y(mb)), (left + width, y(mb)), "#e1e5ea");
        drawing.text((left - 8.0, y(mb) + 4.0), "end", mb);
    }
    for tick in 0..=(seconds / across) as usize {
        let second = tick as f64 * across;
        drawing.text((x(second), bottom + 19.0), "middle", second);
    }
    let every = curve.len().div_ceil(POINTS).max(1);
    let points: Vec<_> = curve.iter().step_by(every).map(|&(second, mb)| (x(second), y(mb))).collect();
    if !points.is_empty() {
        drawing.curve(&points, series.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sampled_is_drawn() {
        let curve = read("second,resident_kb\n1,102400\n2,204800\n");
        assert_eq!(curve, [(1.0, 100.0), (2.0, 200.0)]);
        let text = svg(&[curve, Vec::new()]);
        assert_eq!(text.matches("<polyline").count(), 1);
        assert!(!text.contains("NaN") && text.ends_with("</svg>\n"), "{text}");
    }
}
