//! An OpenAPI document as a judge: which operation a request meant, and what is wrong with it.
//!
//! Stricter than the documents are: a field that a schema does not name is a violation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::Request;

pub struct Spec {
    document: Value,
    draft: Draft,
    /// By the place of their schema: making one reads the whole document.
    validators: Mutex<BTreeMap<Pointer, Arc<Validator>>>,
}

/// Where a schema stands in the document, as a JSON pointer.
type Pointer = String;

impl Spec {
    pub fn new(text: &str) -> Self {
        let mut document: Value = serde_json::from_str(text).unwrap();
        // OpenAPI 3.1 is JSON Schema 2020-12; 3.0 is its draft 4 with a word of its own.
        let draft = if document["openapi"].as_str().unwrap().starts_with("3.0") {
            nullable(&mut document);
            Draft::Draft4
        } else {
            Draft::Draft202012
        };
        Self { document, draft, validators: Mutex::default() }
    }

    /// The request's body as the operation reads it, and everything that is wrong with the request.
    pub fn judge(&self, request: &Request) -> (Value, Vec<String>) {
        let mut wrong = Vec::new();
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let Some((item, values)) = self.path(path) else {
            return (Value::Null, vec![format!("there is no path {path}")]);
        };
        let at = format!("{item}/{}", request.method.to_lowercase());
        let Some(operation) = self.document.pointer(&at) else {
            return (Value::Null, vec![format!("{path} takes no {}", request.method)]);
        };
        self.parameters(&[&item, &at], &values, query, request, &mut wrong);
        self.security(operation, request, &mut wrong);
        let (body, mut wrong_body) = self.body(&at, request);
        wrong.append(&mut wrong_body);
        (body, wrong)
    }

    /// What is wrong with the body of an answer with this status.
    pub fn judge_answer(&self, request: &Request, status: u16, body: &str) -> Vec<String> {
        let path = request.target.split('?').next().unwrap();
        let Some((item, _)) = self.path(path) else { return Vec::new() };
        let responses = format!("{item}/{}/responses/{status}", request.method.to_lowercase());
        if self.document.pointer(&responses).is_none() {
            return vec![format!("the stand-in's answer: there is no status {status}")];
        }
        let schema = format!("{responses}/content/application~1json/schema");
        match serde_json::from_str(body) {
            Ok(value) => {
                let mut wrong = self.violations(&schema, &value);
                // Vonage's two answers ask for no field: each success is a failure, too, for its schema.
                wrong.retain(|w| !w.contains("valid under more than one"));
                wrong.iter().map(|w| format!("the stand-in's answer: {w}")).collect()
            }
            Err(_) => vec!["the stand-in's answer: no JSON".to_owned()],
        }
    }

    /// What is wrong with `value` by the schema at `pointer`, such as `/components/schemas/BodyComponent`.
    pub fn violations(&self, pointer: &str, value: &Value) -> Vec<String> {
        let validator = self.validator(&self.resolve(pointer));
        let mut wrong: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        self.foreign(&[pointer.to_owned()], value, "", &mut wrong);
        wrong
    }

    fn validator(&self, pointer: &str) -> Arc<Validator> {
        let mut known = self.validators.lock().unwrap();
        let make = || {
            let mut root = self.document.clone();
            root["$ref"] = json!(format!("#{}", pointer.replace('{', "%7B").replace('}', "%7D")));
            let options = jsonschema::options().with_draft(self.draft).should_validate_formats(true);
            Arc::new(options.build(&root).unwrap())
        };
        Arc::clone(known.entry(pointer.to_owned()).or_insert_with(make))
    }

    /// The path's item, and what stands in its template's braces.
    fn path(&self, path: &str) -> Option<(Pointer, Vec<(String, String)>)> {
        let server = self.document["servers"][0]["url"].as_str().unwrap();
        let host = server.split_once("://").unwrap().1;
        let base = host.find('/').map_or("", |slash| &host[slash..]);
        let given = path.strip_prefix(base)?;
        let paths = self.document["paths"].as_object().unwrap();
        paths.keys().find_map(|template| {
            let parts: Vec<&str> = template.trim_end_matches('/').split('/').collect();
            let given: Vec<&str> = given.split('/').collect();
            if parts.len() != given.len() {
                return None;
            }
            let mut values = Vec::new();
            for (part, given) in parts.iter().zip(&given) {
                let Some((before, rest)) = part.split_once('{') else {
                    if part == given {
                        continue;
                    }
                    return None;
                };
                let (name, after) = rest.split_once('}').unwrap();
                let value = given.strip_prefix(before)?.strip_suffix(after)?;
                let value = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
                if value.is_empty() {
                    return None;
                }
                values.push((name.to_owned(), value.into_owned()));
            }
            Some((format!("/paths/{}", escaped(template)), values))
        })
    }

    fn parameters(
        &self,
        owners: &[&Pointer],
        path: &[(String, String)],
        query: &str,
        request: &Request,
        wrong: &mut Vec<String>,
    ) {
        let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
        let mut known = BTreeSet::new();
        for owner in owners {
            let list = self.document.pointer(owner).unwrap().get("parameters").and_then(Value::as_array);
            for index in 0..list.map_or(0, Vec::len) {
                let at = self.resolve(&format!("{owner}/parameters/{index}"));
                let parameter = self.document.pointer(&at).unwrap();
                let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
                let value = match place {
                    "path" => path.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()),
                    "query" => query.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()),
                    "header" => request.header(name).map(str::to_owned),
                    other => panic!("parameters in {other} are not understood"),
                };
                if place == "query" {
                    known.insert(name.to_owned());
                }
                match value {
                    Some(value) => {
                        let schema = format!("{at}/schema");
                        let value = self.coerced(&schema, &value);
                        wrong.extend(
                            self.violations(&schema, &value).iter().map(|w| format!("{place} {name}{w}")),
                        );
                    }
                    None if parameter["required"] == true => wrong.push(format!("{place} {name} is missing")),
                    None => {}
                }
            }
        }
        let foreign = query.iter().filter(|(name, _)| !known.contains(name));
        wrong.extend(foreign.map(|(name, _)| format!("query {name} is foreign")));
    }

    fn security(&self, operation: &Value, request: &Request, wrong: &mut Vec<String>) {
        let asked = operation.get("security").or_else(|| self.document.get("security"));
        let Some(scheme) = asked.and_then(|list| list[0].as_object()?.keys().next()) else { return };
        let scheme = &self.document["components"]["securitySchemes"][scheme];
        assert_eq!(scheme["type"], "http", "only HTTP authentication is understood");
        let given = request.header("authorization").unwrap_or_default();
        let fits = match scheme["scheme"].as_str().unwrap() {
            "basic" => {
                request.basic().is_some_and(|(user, password)| !user.is_empty() && !password.is_empty())
            }
            "bearer" => given.strip_prefix("Bearer ").is_some_and(|token| !token.trim().is_empty()),
            other => panic!("the scheme {other} is not understood"),
        };
        if !fits {
            wrong.push("header authorization does not fit the scheme".to_owned());
        }
    }

    fn body(&self, operation: &str, request: &Request) -> (Value, Vec<String>) {
        let Some(content) = self.document.pointer(&format!("{operation}/requestBody/content")) else {
            return (Value::Null, Vec::new());
        };
        let kind = request.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap().trim();
        if content.get(kind).is_none() {
            return (Value::Null, vec![format!("content-type `{kind}` is not taken")]);
        }
        let schema = format!("{operation}/requestBody/content/{}/schema", escaped(kind));
        let mut wrong = Vec::new();
        let body = if kind == "application/json" {
            serde_json::from_slice(&request.raw).ok()
        } else {
            self.form(&schema, &request.raw, &mut wrong)
        };
        let Some(body) = body else { return (Value::Null, vec![format!("the body is no {kind}")]) };
        wrong.extend(self.violations(&schema, &body));
        (body, wrong)
    }

    /// A form as an object: each text becomes what the schema wants of it, if it can.
    fn form(&self, schema: &str, raw: &[u8], wrong: &mut Vec<String>) -> Option<Value> {
        let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(raw).ok()?;
        let mut body = Map::new();
        for (name, text) in fields {
            let property = self.properties(&[schema.to_owned()], &name).into_iter().next();
            let list = property.as_ref().is_some_and(|at| self.kind(at) == Some("array"));
            let value = property.map_or_else(|| json!(text), |at| self.coerced(&at, &text));
            match body.get_mut(&name) {
                Some(Value::Array(all)) if list => all.push(value),
                Some(_) => wrong.push(format!("/{name}: stands there twice")),
                None => drop(body.insert(name, if list { json!([value]) } else { value })),
            }
        }
        Some(Value::Object(body))
    }

    fn coerced(&self, schema: &str, text: &str) -> Value {
        match self.kind(schema) {
            Some("integer" | "number" | "boolean") => {
                serde_json::from_str(text).unwrap_or_else(|_| json!(text))
            }
            _ => json!(text),
        }
    }

    fn kind(&self, schema: &str) -> Option<&str> {
        self.variants(&[schema.to_owned()]).iter().find_map(|at| self.document.pointer(at)?["type"].as_str())
    }

    /// Fields that no schema at these places names, at any depth. A schema without fields takes any.
    fn foreign(&self, schemas: &[Pointer], value: &Value, at: &str, wrong: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                let has = |at: &Pointer, word| self.document.pointer(at).unwrap().get(word).is_some();
                let variants = self.variants(schemas);
                if !variants.iter().any(|at| has(at, "properties")) {
                    return;
                }
                for (name, value) in fields {
                    match self.properties(schemas, name) {
                        found if found.is_empty() => wrong.push(format!("{at}/{name}: is foreign")),
                        found => self.foreign(&found, value, &format!("{at}/{name}"), wrong),
                    }
                }
            }
            Value::Array(list) => {
                let items: Vec<Pointer> = self
                    .variants(schemas)
                    .into_iter()
                    .map(|at| format!("{at}/items"))
                    .filter(|at| self.document.pointer(at).is_some())
                    .collect();
                for (index, value) in list.iter().enumerate().filter(|_| !items.is_empty()) {
                    self.foreign(&items, value, &format!("{at}/{index}"), wrong);
                }
            }
            _ => {}
        }
    }

    fn properties(&self, schemas: &[Pointer], name: &str) -> Vec<Pointer> {
        let name = escaped(name);
        let all = self.variants(schemas).into_iter().map(|at| format!("{at}/properties/{name}"));
        all.filter(|at| self.document.pointer(at).is_some()).collect()
    }

    /// The schemas themselves and all that they are put together from.
    fn variants(&self, schemas: &[Pointer]) -> BTreeSet<Pointer> {
        let mut found = BTreeSet::new();
        let mut todo = schemas.to_vec();
        while let Some(at) = todo.pop() {
            let at = self.resolve(&at);
            if !found.insert(at.clone()) {
                continue;
            }
            let schema = self.document.pointer(&at).unwrap();
            for word in ["allOf", "anyOf", "oneOf"] {
                let parts = schema.get(word).and_then(Value::as_array).map_or(0, Vec::len);
                todo.extend((0..parts).map(|index| format!("{at}/{word}/{index}")));
            }
            let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
            let targets = mapping.into_iter().flat_map(Map::values).filter_map(Value::as_str);
            todo.extend(targets.map(|target| target.trim_start_matches('#').to_owned()));
        }
        found
    }

    /// Where it really stands: behind references, and behind a choice of one, whose violations would read badly.
    fn resolve(&self, at: &str) -> Pointer {
        let mut at = at.to_owned();
        while let Some(found) = self.document.pointer(&at) {
            if let Some(target) = found["$ref"].as_str() {
                at = target.trim_start_matches('#').to_owned();
            } else if found["anyOf"].as_array().is_some_and(|choice| choice.len() == 1) {
                at.push_str("/anyOf/0");
            } else {
                break;
            }
        }
        at
    }
}

impl Request {
    /// The user and the password of `Authorization: Basic`.
    pub fn basic(&self) -> Option<(String, String)> {
        let bytes = STANDARD.decode(self.header("authorization")?.strip_prefix("Basic ")?).ok()?;
        let (user, password) = str::from_utf8(&bytes).ok()?.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }
}

/// `nullable: true` of OpenAPI 3.0, said in JSON Schema.
fn nullable(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&json!(true)) {
                if let Some(kind @ Value::String(_)) = fields.get_mut("type") {
                    *kind = json!([kind.clone(), "null"]);
                }
                if let Some(Value::Array(words)) = fields.get_mut("enum") {
                    words.push(Value::Null);
                }
            }
            fields.values_mut().for_each(nullable);
        }
        Value::Array(list) => list.iter_mut().for_each(nullable),
        _ => {}
    }
}

/// One step of a JSON pointer (RFC 6901 §3).
fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
