//! Columns: in each span the series stand one upon the other.

use super::{Axis, HEIGHT, Series, WIDTH, middle};

/// Columns are no wider than this, however few there are.
const WIDEST: i64 = WIDTH / 14;

/// One layer of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its colour.
    pub colour: u8,
    /// Its left side.
    pub x: i64,
    /// Its upper side.
    pub y: i64,
    /// How wide it is.
    pub width: i64,
    /// How high it is.
    pub height: i64,
}

/// The layers of all columns. The least layer is seen, too, but none stands out of the picture.
pub fn stacked(series: &[Series], spans: usize, axis: &Axis) -> Vec<Column> {
    let room = WIDTH / i64::try_from(spans.max(1)).unwrap_or(WIDTH);
    let width = (room * 7 / 10).clamp(1, WIDEST);
    let mut columns = Vec::new();
    for span in 0..spans {
        let mut below: i64 = 0;
        let mut bottom = HEIGHT;
        for series in series {
            let value = series.values.get(span).copied().flatten().unwrap_or(0);
            if value <= 0 {
                continue;
            }
            below = below.saturating_add(value);
            let y = axis.place(below, HEIGHT).min(bottom - 1).max(0);
            columns.push(Column {
                colour: series.colour,
                x: middle(span, spans) - width / 2,
                y,
                width,
                height: (bottom - y).max(1),
            });
            bottom = y;
        }
    }
    columns
}
