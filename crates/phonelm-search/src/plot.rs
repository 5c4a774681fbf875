//! The results as pictures, each as SVG and PNG: value against width to depth, and the front of value and depth.

use std::path::Path;

use plotters::chart::SeriesLabelPosition;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

use crate::report::{Entry, Report};
use crate::write::whole;
use crate::{Error, Objective};

/// Text has to be measured and, in a PNG, drawn, whatever fonts the system has. See fonts/LICENSE.
static FONT: &[u8] = include_bytes!("../fonts/DejaVuSans-ascii.ttf");
const NAME: &str = "sans-serif";
const SIZE: (u32, u32) = (900, 560);
const GREY: RGBColor = RGBColor(170, 170, 170);
const BLUE: RGBColor = RGBColor(31, 119, 180);
const ORANGE: RGBColor = RGBColor(214, 96, 10);

/// One picture.
struct Picture {
    name: &'static str,
    title: String,
    x_title: &'static str,
    x: fn(&Entry) -> f64,
    /// What to write at a place of the x axis.
    x_label: fn(&f64) -> String,
    /// Whether the front is drawn as a line.
    line: bool,
    y_title: String,
    /// A corner that good and bad shapes leave free.
    legend: SeriesLabelPosition,
}

/// Draws every picture into `dir`.
pub(crate) fn draw(report: &Report, objective: Objective, dir: &Path) -> Result<(), Error> {
    let failed = |why: String| Error::Plot { path: dir.to_path_buf(), why };
    register_font(NAME, FontStyle::Normal, FONT).map_err(|_| failed("its font is damaged".to_owned()))?;
    let better = if objective.more_is_better() { "higher is better" } else { "lower is better" };
    let (left, right) = (SeriesLabelPosition::UpperLeft, SeriesLabelPosition::UpperRight);
    let [by_ratio, by_depth] = if objective.more_is_better() { [left, right] } else { [right, left] };
    let y_title = format!("{} ({better})", report.unit);
    let size = report.settings.get("params").and_then(|params| params.parse::<f64>().ok()).unwrap_or(0.0) / 1e6;
    let pictures = [
        Picture {
            name: "speed",
            title: format!("Shapes of {size} M parameters by width to depth"),
            x_title: "width to depth",
            // Ratios are told apart as well among the small as among the large.
            x: |entry| (entry.shape.hidden as f64 / entry.shape.layers as f64).ln(),
            x_label: |x| format!("{:.0}", x.exp()),
            line: false,
            y_title: y_title.clone(),
            legend: by_ratio,
        },
        Picture {
            name: "front",
            title: format!("Shapes of {size} M parameters by depth"),
            x_title: "layers",
            x: |entry| entry.shape.layers as f64,
            x_label: |x| format!("{x:.0}"),
            line: true,
            y_title,
            legend: by_depth,
        },
    ];
    for picture in &pictures {
        let mut svg = String::new();
        let drawn = paint(&SVGBackend::with_string(&mut svg, SIZE).into_drawing_area(), picture, report);
        drawn.map_err(|error| failed(error.to_string()))?;
        whole(&dir.join(picture.name).with_extension("svg"), svg.as_bytes())?;

        let mut pixels = vec![0; 3 * (SIZE.0 * SIZE.1) as usize];
        let drawn = paint(&BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area(), picture, report);
        drawn.map_err(|error| failed(error.to_string()))?;
        let png = encode(&pixels).map_err(|error| failed(error.to_string()))?;
        whole(&dir.join(picture.name).with_extension("png"), &png)?;
    }
    Ok(())
}

fn paint<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    picture: &Picture,
    report: &Report,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let known = report.shapes.iter().filter_map(|entry| Some((entry, (picture.x)(entry), entry.speeds()?.value)));
    let points: Vec<(&Entry, f64, f64)> = known.collect();
    let measured = || points.iter().filter(|(entry, ..)| entry.measured.is_some());
    let values = points.iter().map(|p| p.2).chain(points.iter().filter_map(|p| p.0.spread).flatten());
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .caption(&picture.title, (NAME, 20))
        .x_label_area_size(46)
        .y_label_area_size(70)
        .build_cartesian_2d(range(points.iter().map(|p| p.1)), range(values))?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(228, 228, 228))
        .x_desc(picture.x_title)
        .y_desc(&picture.y_title)
        .x_label_formatter(&picture.x_label)
        .y_label_formatter(&|y| if *y < 1000.0 { format!("{y:.1}") } else { format!("{y:.0}") })
        .label_style((NAME, 14))
        .axis_desc_style((NAME, 15))
        .draw()?;

    let composed = points.iter().map(|&(_, x, y)| (x, y));
    chart
        .draw_series(composed.map(dot(GREY.filled(), 2)))?
        .label("composed of shallow models")
        .legend(dot(GREY.filled(), 3));
    if picture.line {
        let mut front: Vec<(f64, f64)> = points.iter().filter(|p| p.0.front).map(|&(_, x, y)| (x, y)).collect();
        front.sort_by(|a, b| a.0.total_cmp(&b.0));
        chart
            .draw_series(LineSeries::new(front, BLUE.stroke_width(2)))?
            .label("no deeper shape is as good")
            .legend(|(x, y)| PathElement::new([(x - 6, y), (x + 6, y)], BLUE.stroke_width(2)));
    }
    let bars = measured().filter_map(|(entry, x, _)| Some((*x, entry.spread?)));
    chart.draw_series(bars.map(|(x, [low, high])| PathElement::new([(x, low), (x, high)], ORANGE.stroke_width(1))))?;
    let whole = measured().map(|&(_, x, y)| (x, y));
    chart.draw_series(whole.map(dot(ORANGE.filled(), 4)))?.label("measured whole").legend(dot(ORANGE.filled(), 4));
    let best = points.iter().filter(|(entry, ..)| entry.shape == report.winner).map(|&(_, x, y)| (x, y));
    let ring = BLACK.stroke_width(2);
    chart.draw_series(best.map(dot(ring, 8)))?.label(report.winner.to_string()).legend(dot(ring, 7));
    chart
        .configure_series_labels()
        .position(picture.legend.clone())
        .background_style(WHITE.mix(0.85))
        .border_style(GREY)
        .label_font((NAME, 14))
        .draw()?;
    area.present()
}

/// A mark in the picture or in its legend.
fn dot<C>(style: ShapeStyle, size: i32) -> impl Fn(C) -> Circle<C, i32> {
    move |place| Circle::new(place, size, style)
}

/// From the least to the most, with a little room.
fn range(values: impl Iterator<Item = f64>) -> std::ops::Range<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let room = ((high - low) * 0.06).max(high.abs() * 1e-3).max(1e-6);
    if low <= high { low - room..high + room } else { 0.0..1.0 }
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(file)
}
