//! Charts: columns and lines over time, as geometry that a template writes as SVG. Pure: numbers go in, places come out.
//!
//! The picture is stretched to the width that there is, so it holds no text: labels, legend and the numbers that one sees by
//! pointing are HTML beside and above it. All places are whole numbers in a box of [`WIDTH`] by [`HEIGHT`].

mod axis;
mod bars;
mod columns;
mod lines;
mod numbers;

pub use axis::Axis;
pub use bars::{BAR, bar};
pub use columns::Column;
pub use lines::Line;
pub use numbers::{Unit, count, percent, share};

/// The width of the box in which a chart is drawn.
pub const WIDTH: i64 = 1200;
/// Its height.
pub const HEIGHT: i64 = 240;

/// Labels below a chart: more would touch each other.
const LABELS: usize = 6;

/// One line, or one layer of the columns.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its name, as the legend tells it.
    pub name: String,
    /// Its colour: 1 to 6.
    pub colour: u8,
    /// Its value in each span; none where there is nothing to tell.
    pub values: Vec<Option<i64>>,
}

/// A span of time, the same for all series of a chart.
#[derive(Clone, Debug)]
pub struct Span {
    /// What stands below it.
    pub short: String,
    /// What it is called by itself.
    pub long: String,
}

/// How values are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Columns, one series upon the other.
    Stacked,
    /// A line for each series.
    Lines,
}

/// What a chart is made of.
pub struct Data {
    /// Its heading.
    pub title: &'static str,
    /// A sentence on what is counted.
    pub about: &'static str,
    /// What is said where there is nothing to draw.
    pub empty: &'static str,
    /// What the values are.
    pub unit: Unit,
    /// How they are drawn.
    pub shape: Shape,
    /// The spans, oldest first.
    pub spans: Vec<Span>,
    /// The series.
    pub series: Vec<Series>,
}

/// A series in the legend.
pub struct Key {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: u8,
    /// Its sum or, where sums say nothing, its last value.
    pub total: String,
}

/// A value as it is told.
pub struct Told {
    /// Whose.
    pub name: String,
    /// In which colour.
    pub colour: u8,
    /// The value.
    pub value: String,
}

/// A span as one points at it.
pub struct Shown {
    /// What it is called.
    pub long: String,
    /// What stands below it, where there is room.
    pub label: Option<String>,
    /// Whether its label goes where there is little room.
    pub spare: bool,
    /// Whether what is told stands to its left, so that it stays in the picture.
    pub leftwards: bool,
    /// What is told: the values that are something.
    pub told: Vec<Told>,
    /// The cells of its row in the table.
    pub cells: Vec<String>,
    /// The sum, where sums say something.
    pub sum: Option<String>,
}

/// A chart with everything in its place.
pub struct Chart {
    /// Its heading.
    pub title: &'static str,
    /// A sentence on what is counted.
    pub about: &'static str,
    /// Said in place of the picture where there is nothing to draw.
    pub empty: Option<&'static str>,
    /// The legend.
    pub keys: Vec<Key>,
    /// The labels of the axis, from the top.
    pub ticks: Vec<String>,
    /// Where its lines are, from the top.
    pub grid: Vec<i64>,
    /// Columns, if it has any.
    pub columns: Vec<Column>,
    /// Lines, if it has any.
    pub lines: Vec<Line>,
    /// The spans.
    pub spans: Vec<Shown>,
}

impl Chart {
    /// Lays a chart out. Series without any value are left out.
    #[must_use]
    pub fn of(data: Data) -> Self {
        let Data { title, about, empty, unit, shape, spans, series } = data;
        let is_something = |value: &Option<i64>| match shape {
            Shape::Stacked => value.is_some_and(|value| value > 0),
            Shape::Lines => value.is_some(),
        };
        let series: Vec<Series> =
            series.into_iter().filter(|series| series.values.iter().any(is_something)).collect();
        let at = |series: &Series, span: usize| series.values.get(span).copied().flatten();
        let sum =
            |span: usize| series.iter().filter_map(|series| at(series, span)).fold(0, i64::saturating_add);
        let highest = match shape {
            Shape::Stacked => (0..spans.len()).map(sum).max(),
            Shape::Lines => series.iter().flat_map(|series| series.values.iter().flatten().copied()).max(),
        };
        let axis = Axis::of(unit, highest.unwrap_or(0));
        let labels = labels(spans.len());
        let shown = |(index, span): (usize, Span)| {
            let told = series.iter().filter(|series| is_something(&at(series, index))).map(|series| Told {
                name: series.name.clone(),
                colour: series.colour,
                value: unit.told(at(series, index)),
            });
            let label = labels.iter().position(|label| *label == index);
            Shown {
                label: label.map(|_| span.short),
                spare: label.is_some_and(|nth| nth % 2 == 1),
                leftwards: index * 2 >= spans.len(),
                told: told.collect(),
                cells: series.iter().map(|series| unit.told(at(series, index))).collect(),
                sum: (shape == Shape::Stacked && series.len() > 1).then(|| unit.told(Some(sum(index)))),
                long: span.long,
            }
        };
        let key = |series: &Series| {
            let values = series.values.iter().flatten().copied();
            Key {
                name: series.name.clone(),
                colour: series.colour,
                total: match shape {
                    Shape::Stacked => unit.told(Some(values.fold(0, i64::saturating_add))),
                    Shape::Lines => String::new(),
                },
            }
        };
        Self {
            title,
            about,
            empty: series.is_empty().then_some(empty),
            keys: series.iter().map(key).collect(),
            ticks: axis.labels(),
            grid: axis.places(HEIGHT),
            columns: if shape == Shape::Stacked {
                columns::stacked(&series, spans.len(), &axis)
            } else {
                vec![]
            },
            lines: if shape == Shape::Lines { lines::lines(&series, spans.len(), &axis) } else { vec![] },
            spans: spans.iter().cloned().enumerate().map(shown).collect(),
        }
    }

    /// The box of the picture.
    #[must_use]
    pub fn view_box() -> String {
        format!("0 0 {WIDTH} {HEIGHT}")
    }

    /// Whether the table has a column of sums.
    #[must_use]
    pub fn has_sums(&self) -> bool {
        self.spans.iter().any(|span| span.sum.is_some())
    }
}

/// Which of so many spans have a label: the last one, and others at equal distances before it.
fn labels(spans: usize) -> Vec<usize> {
    let step = spans.div_ceil(LABELS).max(1);
    (0..spans).rev().step_by(step).collect()
}

/// Where the middle of a span is.
fn middle(index: usize, spans: usize) -> i64 {
    let [index, spans] =
        [index, spans.max(1)].map(|many| i64::try_from(many).unwrap_or(i64::MAX / WIDTH / 4));
    (2 * index + 1) * WIDTH / (2 * spans)
}

#[cfg(test)]
mod tests;
