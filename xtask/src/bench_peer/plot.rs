//! The plot as SVG: decode against what the memory gives, prefill against what the registers multiply, and the time of a token
//! against the length of its context.

use super::PROMPT;
use super::measure::{Case, Measure, Spread};
use crate::drawing::{Drawing, step};

const WIDTH: f64 = 920.0;
const MARGIN: f64 = 24.0;
/// Height of a bar, and of what belongs to one case.
const BAR: f64 = 14.0;
const GROUP: f64 = 3.0 * BAR + 16.0;
/// Where bars begin, and how long the longest is.
const BARS_LEFT: f64 = 180.0;
const BARS_WIDTH: f64 = 620.0;
/// The panels of the second part.
const PANEL_HEIGHT: f64 = 220.0;
const PANEL_GAP: f64 = 90.0;

/// What is shown, with name and colour.
const SERIES: [(&str, &str); 3] =
    [("machine's limit", "#8c97a3"), ("this engine", "#1f6fb4"), ("llama.cpp", "#d9771f")];

/// Draws the cases that memory limits: bars for each, lines for those with most threads.
pub(super) fn svg(cases: &[Case]) -> String {
    let cases: Vec<&Case> = cases.iter().filter(|case| !case.in_cache).collect();
    let most = cases.iter().map(|case| case.threads).max();
    let panels = cases.iter().filter(|case| Some(case.threads) == most).copied().collect::<Vec<_>>();
    let bars_top = 76.0;
    let prefill_top = bars_top + cases.len() as f64 * GROUP + 40.0;
    let panels_top = prefill_top + cases.len() as f64 * GROUP + 60.0;
    let height = panels_top + PANEL_HEIGHT + 60.0;
    let mut drawing = Drawing::new(WIDTH, height);
    drawing.title(MARGIN, 30.0, "Decode with an empty context, tokens a second");
    drawing.legend(MARGIN, 52.0, &SERIES);
    bars(&mut drawing, &cases, Measure::Decode(0), bars_top);
    drawing.title(MARGIN, prefill_top - 16.0, &format!("Prefill of {PROMPT} tokens, tokens a second"));
    bars(&mut drawing, &cases, Measure::Prefill, prefill_top);
    drawing.title(MARGIN, panels_top - 18.0, "Milliseconds a token, by tokens of context");
    let width = (WIDTH - 2.0 * MARGIN + PANEL_GAP) / panels.len().max(1) as f64 - PANEL_GAP;
    for (i, case) in panels.into_iter().enumerate() {
        let left = MARGIN + 36.0 + i as f64 * (width + PANEL_GAP);
        Panel { left, top: panels_top + 14.0, width: width - 36.0 }.draw(&mut drawing, case);
    }
    drawing.finish()
}

/// Speeds in tokens a second, in the order of [`SERIES`].
fn speeds(case: &Case, measure: Measure) -> [Option<Spread>; 3] {
    [case.roof(measure), case.ours(measure), case.theirs(measure)]
}

fn bars(drawing: &mut Drawing, cases: &[&Case], measure: Measure, top: f64) {
    let all = cases.iter().flat_map(|case| speeds(case, measure)).flatten();
    let scale = BARS_WIDTH / all.map(|speed| speed.max).fold(f64::MIN_POSITIVE, f64::max);
    for (i, case) in cases.iter().enumerate() {
        let top = top + i as f64 * GROUP;
        drawing.text((BARS_LEFT - 10.0, top + 1.9 * BAR), "end", case.title());
        for (j, (speed, (_, colour))) in speeds(case, measure).into_iter().zip(SERIES).enumerate() {
            let Some(speed) = speed else { continue };
            let y = top + j as f64 * BAR;
            drawing.rect((BARS_LEFT, y), (speed.median * scale, BAR - 2.0), colour);
            let middle = y + BAR / 2.0 - 1.0;
            drawing.line((BARS_LEFT + speed.min * scale, middle), (BARS_LEFT + speed.max * scale, middle), "#24292f");
            let end = BARS_LEFT + speed.max.max(speed.median) * scale + 6.0;
            drawing.text((end, y + BAR - 3.5), "start", format!("{:.1}", speed.median));
        }
    }
}

/// A line chart; its place is that of the area between the axes.
struct Panel {
    left: f64,
    top: f64,
    width: f64,
}

impl Panel {
    fn draw(&self, drawing: &mut Drawing, case: &Case) {
        let bottom = self.top + PANEL_HEIGHT;
        let depths: Vec<usize> = case.depths().collect();
        let millis = |series: usize, depth: usize| Some(1e3 / speeds(case, Measure::Decode(depth))[series]?.median);
        let last = depths.last().copied().unwrap_or(1).max(1);
        let all = (0..SERIES.len()).flat_map(|series| depths.iter().filter_map(move |depth| millis(series, *depth)));
        let highest = all.fold(f64::MIN_POSITIVE, f64::max);
        let step = step(highest);
        let ticks = (highest / step).ceil();
        let x = |depth: usize| self.left + depth as f64 / last as f64 * self.width;
        let y = |millis: f64| bottom - millis / (ticks * step) * PANEL_HEIGHT;

        drawing.text((self.left + 8.0, self.top - 4.0), "start", case.title());
        for tick in 0..=ticks as usize {
            let value = tick as f64 * step;
            drawing.line((self.left, y(value)), (self.left + self.width, y(value)), "#e1e5ea");
            drawing.text((self.left - 8.0, y(value) + 4.0), "end", (value * 1e3).round() / 1e3);
        }
        for &depth in &depths {
            drawing.line((x(depth), bottom), (x(depth), bottom + 5.0), "#57606a");
            drawing.text((x(depth), bottom + 19.0), "middle", depth);
        }
        for (series, (_, colour)) in SERIES.iter().enumerate() {
            let points: Vec<(f64, f64)> =
                depths.iter().filter_map(|&depth| Some((x(depth), y(millis(series, depth)?)))).collect();
            drawing.dotted_curve(&points, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_is_drawn() {
        let text = svg(&[super::super::measure::tests::case()]);
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        for (name, colour) in SERIES {
            assert!(text.contains(name), "{name}");
            // Legend, bar, line and point.
            assert_eq!(text.matches(colour).count(), 4, "{name}");
        }
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
}
