//! JSON as the management API reads it: the pairs of an object in their order, and a name that is given twice seen at any depth.
//!
//! Values only: what a field means is no matter here.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The pairs of an object.
pub struct Object(pub Vec<(String, Node)>);

/// A value whose objects may have a name twice.
pub enum Node {
    /// Text, number, flag or null.
    Plain(Value),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

impl Node {
    /// The value.
    ///
    /// # Errors
    /// The name that an object in it has twice.
    pub fn into_value(self) -> Result<Value, String> {
        match self {
            Self::Plain(value) => Ok(value),
            Self::List(items) => items.into_iter().map(Self::into_value).collect(),
            Self::Object(pairs) => {
                let mut object = Map::new();
                for (name, node) in pairs {
                    if object.contains_key(&name) {
                        return Err(name);
                    }
                    object.insert(name, node.into_value()?);
                }
                Ok(Value::Object(object))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Node::deserialize(deserializer)? {
            Node::Object(pairs) => Ok(Self(pairs)),
            Node::Plain(_) | Node::List(_) => Err(D::Error::custom("an object is expected")),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E: Error>(self) -> Result<Node, E> {
                Ok(Node::Plain(Value::Null))
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Node, E> {
                Ok(Node::Plain(flag.into()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
                Ok(Node::Plain(number.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
                Ok(Node::Plain(number.into()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
                Ok(Node::Plain(Number::from_f64(number).map_or(Value::Null, Value::Number)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Plain(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Node::Object(pairs))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
