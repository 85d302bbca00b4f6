use proptest::prelude::*;

use super::*;

fn distinct_fields() -> impl Strategy<Value = Vec<(Field, String)>> {
    let chosen = proptest::sample::subsequence(Field::ALL.to_vec(), 2..=Field::ALL.len()).prop_shuffle();
    chosen.prop_flat_map(|fields| {
        let count = fields.len();
        (Just(fields), proptest::collection::vec("[^\\pC,&=]{0,12}", count))
            .prop_map(|(fields, texts)| fields.into_iter().zip(texts).collect())
    })
}

fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn joined(fields: &[(Field, String)], with: &str, write: impl Fn(&str) -> String) -> String {
    let pairs = fields.iter().map(|(field, text)| format!("{}={}", field.name(), write(text)));
    pairs.collect::<Vec<_>>().join(with)
}

proptest! {
    #[test]
    fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for content_type in [JSON, FORM, None] {
            let _ = parse_body(content_type, &body, &VERIFY);
        }
        let _ = parse_query(Some(&String::from_utf8_lossy(&body)), &VERIFY);
    }

    #[test]
    fn no_near_miss_panics(body in "([Uu]ser|Code|Typ|Action|\\PC|[\"{}:,&=%+ \\r\\n0-9]){0,24}") {
        for content_type in [JSON, FORM] {
            if let Err(error) = parse_body(content_type, body.as_bytes(), &VERIFY) {
                prop_assert!(!error.message().is_empty() && !error.fix().is_empty());
            }
        }
        let _ = parse_query(Some(&body), &VERIFY);
    }

    #[test]
    fn encodings_agree(fields in distinct_fields()) {
        let wanted: Form = Form(
            fields.iter().filter(|(_, text)| !text.is_empty())
                .map(|(field, text)| (*field, Value::Text(text.clone()))).collect(),
        );
        let object: Map<String, Json> =
            fields.iter().map(|(field, text)| (field.name().to_owned(), text.as_str().into())).collect();
        prop_assert_eq!(json(&Json::Object(object).to_string(), &Field::ALL), Ok(wanted.clone()));
        let body = joined(&fields, "&", escape);
        prop_assert_eq!(urlencoded(&body, &Field::ALL), Ok(wanted.clone()));
        prop_assert_eq!(parse_query(Some(&body), &Field::ALL), Ok(wanted.clone()));
        prop_assert_eq!(urlencoded(&joined(&fields, ", ", str::to_owned), &Field::ALL), Ok(wanted.clone()));
    }
}
