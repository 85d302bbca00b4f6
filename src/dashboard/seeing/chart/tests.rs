//! Charts as wholes: what a template gets to write.

use super::*;

fn spans(many: usize) -> Vec<Span> {
    (0..many).map(|at| Span { short: format!("s{at}"), long: format!("span {at}") }).collect()
}

fn series(colour: u8, values: &[i64]) -> Series {
    Series { name: format!("series {colour}"), colour, values: values.iter().copied().map(Some).collect() }
}

fn chart(shape: Shape, many: usize, series: Vec<Series>) -> Chart {
    Chart::of(Data {
        title: "Sends",
        about: "",
        empty: "Nothing was sent.",
        unit: Unit::Count,
        shape,
        spans: spans(many),
        series,
    })
}

/// No layer stands out of the picture, and none is upside down.
fn is_in_its_box(chart: &Chart) {
    for column in &chart.columns {
        assert!(column.x >= 0 && column.x + column.width <= WIDTH, "{column:?}");
        assert!(column.y >= 0 && column.height >= 1 && column.y + column.height <= HEIGHT, "{column:?}");
    }
}

#[test]
fn nothing_is_said_and_not_drawn() {
    for chart in [
        chart(Shape::Stacked, 0, vec![]),
        chart(Shape::Stacked, 24, vec![]),
        chart(Shape::Stacked, 3, vec![series(1, &[0, 0, 0])]),
        chart(Shape::Lines, 3, vec![Series { values: vec![None; 3], ..series(1, &[]) }]),
    ] {
        assert_eq!(chart.empty, Some("Nothing was sent."));
        assert!(chart.columns.is_empty() && chart.lines.is_empty() && chart.keys.is_empty());
    }
}

#[test]
fn one_point_is_one_slim_column_in_the_middle() {
    let chart = chart(Shape::Stacked, 1, vec![series(1, &[7])]);
    assert_eq!(chart.columns.len(), 1);
    let column = chart.columns[0];
    assert!(column.width * 10 < WIDTH, "{column:?}");
    assert!((column.x + column.width / 2 - WIDTH / 2).abs() <= 1);
    assert_eq!(chart.spans[0].label.as_deref(), Some("s0"));
    is_in_its_box(&chart);
}

#[test]
fn layers_stand_upon_each_other_and_end_at_their_sum() {
    let chart = chart(Shape::Stacked, 2, vec![series(1, &[1, 4]), series(2, &[3, 0])]);
    let [first, second, alone] = chart.columns.as_slice() else { panic!("{:?}", chart.columns) };
    assert_eq!((first.y + first.height, first.y), (HEIGHT, second.y + second.height));
    assert_eq!(second.y, alone.y, "both sums are 4");
    assert_eq!(
        (chart.ticks.first().map(String::as_str), chart.ticks.last().map(String::as_str)),
        (Some("4"), Some("0"))
    );
    assert_eq!(chart.spans[0].told.len(), 2);
    assert_eq!(chart.spans[1].told.len(), 1, "what is nothing is not told");
    assert_eq!(chart.spans[1].cells, ["4", "0"], "but stands in the table");
    assert_eq!(chart.spans[1].sum.as_deref(), Some("4"));
    assert_eq!(chart.keys[1].total, "3");
    is_in_its_box(&chart);
}

#[test]
fn a_million_beside_one_keeps_the_one_in_sight() {
    let chart = chart(Shape::Stacked, 3, vec![series(1, &[1_000_000, 1, 0]), series(2, &[1, 1, 0])]);
    assert_eq!(chart.columns.len(), 4);
    assert_eq!(chart.spans[0].sum.as_deref(), Some("1,000,001"));
    is_in_its_box(&chart);
    let huge = self::chart(Shape::Stacked, 2, vec![series(1, &[i64::MAX, 5]), series(2, &[i64::MAX, 5])]);
    is_in_its_box(&huge);
}

#[test]
fn many_layers_of_next_to_nothing_stay_in_the_picture() {
    let layers = (1..=6).map(|colour| series(colour, &[1_000_000, 1])).collect();
    is_in_its_box(&chart(Shape::Stacked, 2, layers));
}

#[test]
fn what_is_all_equal_is_all_equally_high() {
    let chart = chart(Shape::Stacked, 30, vec![series(1, &[5; 30])]);
    assert!(chart.columns.iter().all(|column| column.height == chart.columns[0].height));
    let labels = chart.spans.iter().filter(|span| span.label.is_some()).count();
    assert!((4..=6).contains(&labels), "{labels}");
    assert!(chart.spans[29].label.is_some() && !chart.spans[29].spare, "the newest one is always told");
    is_in_its_box(&chart);
}

#[test]
fn a_line_breaks_where_nothing_is_known_and_a_lone_value_is_a_dot() {
    let values = vec![Some(2), Some(4), None, Some(0), None, None];
    let chart = chart(Shape::Lines, 6, vec![Series { values, ..series(3, &[]) }]);
    assert_eq!(chart.lines[0].path, "M100 120L300 0");
    assert_eq!(chart.lines[0].dots, "M700 240h0");
    assert_eq!(chart.spans[3].told[0].value, "0", "that nothing got through is something");
    assert!(chart.spans[2].told.is_empty());
    assert_eq!(chart.spans[2].cells, ["–"]);
    assert_eq!(chart.spans[2].sum, None);
}

#[test]
fn what_is_told_of_the_last_spans_stands_to_their_left() {
    let chart = chart(Shape::Stacked, 4, vec![series(1, &[1; 4])]);
    assert_eq!(chart.spans.iter().map(|span| span.leftwards).collect::<Vec<_>>(), [false, false, true, true]);
}
