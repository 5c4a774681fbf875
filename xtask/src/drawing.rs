//! Plots as SVG: elements one after the other, points are `(x, y)`.

use std::fmt::{Display, Write};

/// A picture that is being drawn.
pub(crate) struct Drawing(String);

impl Drawing {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
             font-size=\"12\" fill=\"#24292f\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
        ))
    }

    /// The whole picture.
    pub(crate) fn finish(self) -> String {
        self.0 + "</svg>\n"
    }

    pub(crate) fn title(&mut self, x: f64, y: f64, text: &str) {
        let _ = writeln!(self.0, "<text x=\"{x}\" y=\"{y}\" font-size=\"15\" font-weight=\"bold\">{text}</text>");
    }

    /// Names and colours in a line.
    pub(crate) fn legend(&mut self, left: f64, y: f64, series: &[(&str, &str)]) {
        for (i, (name, colour)) in series.iter().enumerate() {
            let x = left + i as f64 * 140.0;
            self.rect((x, y - 10.0), (12.0, 12.0), colour);
            self.text((x + 18.0, y), "start", name);
        }
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: &str, text: impl Display) {
        let _ = writeln!(self.0, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
    }

    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
        let _ = writeln!(
            self.0,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>"
        );
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        let _ = writeln!(
            self.0,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    pub(crate) fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        let _ = writeln!(self.0, "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
    }

    /// A curve with a dot at each point.
    pub(crate) fn dotted_curve(&mut self, points: &[(f64, f64)], colour: &str) {
        self.curve(points, colour);
        for (x, y) in points {
            let _ = writeln!(self.0, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
        }
    }
}

/// The smallest 1, 2 or 5 times a power of ten of which six reach `highest`.
pub(crate) fn step(highest: f64) -> f64 {
    let power = 10f64.powf((highest / 6.0).log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| step * 6.0 >= highest).unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_six_suffice() {
        assert_eq!([6.0, 6.1, 12.0, 24.0, 100.0, 301.0].map(step), [1.0, 2.0, 2.0, 5.0, 20.0, 100.0]);
    }
}
