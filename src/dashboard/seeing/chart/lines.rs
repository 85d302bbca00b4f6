//! Lines: one for each series, broken where it has no value; a value between two gaps is a dot.

use std::fmt::Write as _;

use super::{Axis, HEIGHT, Series, middle};

/// A series as a path of SVG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its colour.
    pub colour: u8,
    /// The path of what is drawn through.
    pub path: String,
    /// The path of its dots: each a line of no length with a round end, which no stretching distorts.
    pub dots: String,
}

/// The lines of all series.
pub fn lines(series: &[Series], spans: usize, axis: &Axis) -> Vec<Line> {
    series.iter().map(|series| line(series, spans, axis)).collect()
}

fn line(series: &Series, spans: usize, axis: &Axis) -> Line {
    let value = |span: usize| series.values.get(span).copied().flatten();
    let mut line = Line { colour: series.colour, path: String::new(), dots: String::new() };
    for span in 0..spans {
        let Some(here) = value(span) else { continue };
        let (x, y) = (middle(span, spans), axis.place(here, HEIGHT));
        let goes_on = span.checked_sub(1).is_some_and(|before| value(before).is_some());
        let alone = !goes_on && value(span + 1).is_none();
        // Writing to a text does not fail.
        let _ = match (alone, goes_on) {
            (true, _) => write!(line.dots, "M{x} {y}h0"),
            (false, true) => write!(line.path, "L{x} {y}"),
            (false, false) => write!(line.path, "M{x} {y}"),
        };
    }
    line
}
