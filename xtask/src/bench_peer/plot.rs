//! The plot as SVG: decode against what the memory gives, prefill against what the registers multiply, and the time of a token
//! against the length of its context.

use std::fmt::{Display, Write};

use super::PROMPT;
use super::measure::{Case, Measure, Spread};

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
    let mut drawing = Drawing(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#24292f\">\n<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    ));
    drawing.title(MARGIN, 30.0, "Decode with an empty context, tokens a second");
    drawing.legend(52.0);
    bars(&mut drawing, &cases, Measure::Decode(0), bars_top);
    drawing.title(MARGIN, prefill_top - 16.0, &format!("Prefill of {PROMPT} tokens, tokens a second"));
    bars(&mut drawing, &cases, Measure::Prefill, prefill_top);
    drawing.title(MARGIN, panels_top - 18.0, "Milliseconds a token, by tokens of context");
    let width = (WIDTH - 2.0 * MARGIN + PANEL_GAP) / panels.len().max(1) as f64 - PANEL_GAP;
    for (i, case) in panels.into_iter().enumerate() {
        let left = MARGIN + 36.0 + i as f64 * (width + PANEL_GAP);
        Panel { left, top: panels_top + 14.0, width: width - 36.0 }.draw(&mut drawing, case);
    }
    drawing.0 + "</svg>\n"
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
            drawing.curve(&points, colour);
        }
    }
}

/// The smallest 1, 2 or 5 times a power of ten of which six reach `highest`.
fn step(highest: f64) -> f64 {
    let power = 10f64.powf((highest / 6.0).log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| step * 6.0 >= highest).unwrap_or(10.0 * power)
}

/// SVG elements, one after the other; points are `(x, y)`.
struct Drawing(String);

impl Drawing {
    fn title(&mut self, x: f64, y: f64, text: &str) {
        let _ = writeln!(self.0, "<text x=\"{x}\" y=\"{y}\" font-size=\"15\" font-weight=\"bold\">{text}</text>");
    }

    fn legend(&mut self, y: f64) {
        for (i, (name, colour)) in SERIES.into_iter().enumerate() {
            let x = MARGIN + i as f64 * 140.0;
            self.rect((x, y - 10.0), (12.0, 12.0), colour);
            self.text((x + 18.0, y), "start", name);
        }
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: &str, text: impl Display) {
        let _ = writeln!(self.0, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
    }

    fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
        let _ = writeln!(
            self.0,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        );
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        let _ = writeln!(
            self.0,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        let _ = writeln!(self.0, "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        for (x, y) in points {
            let _ = writeln!(self.0, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
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

    #[test]
    fn steps_are_round_and_six_suffice() {
        assert_eq!([6.0, 6.1, 12.0, 24.0, 100.0, 301.0].map(step), [1.0, 2.0, 2.0, 5.0, 20.0, 100.0]);
    }
}
