//! The description of the console's API for others (OpenAPI 3.1), made from the table that answers.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::route::{Gives, Route};
use super::routes;
use super::shapes::{SHAPES, Shape};

/// The whole document.
pub(super) fn document(origin: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in routes::all() {
        for path in route.paths {
            let described = operation(route, path, &mut generator);
            let methods = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
            methods[route.method.to_lowercase()] = described;
        }
    }
    let mut schemas: Map<String, Value> =
        SHAPES.iter().map(|shape| (shape.0.to_owned(), shape_schema(shape))).collect();
    for (name, schema) in generator.take_definitions(true) {
        // Requests and answers may be called alike.
        schemas.insert(format!("Request.{name}"), schema);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Console API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What an administrator does in the console of the reference service provider.",
        },
        "servers": [{ "url": origin }],
        "security": [{ "console": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "console": { "type": "http", "scheme": "basic" } },
        },
    });
    qualify(&mut document, false);
    document
}

fn operation(route: &Route, path: &str, generator: &mut schemars::SchemaGenerator) -> Value {
    let placeholders = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let text = json!({ "type": "string" });
    let mut parameters: Vec<Value> = placeholders
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": text }))
        .collect();
    for name in route.query {
        parameters.push(json!({ "name": name, "in": "query", "required": false, "schema": parameter(name) }));
    }
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let (status, content) = match route.gives {
        Gives::Nothing => ("204", None),
        Gives::One(shape) => ("200", Some(json_of(reference(shape)))),
        Gives::Made(shape) => ("201", Some(json_of(reference(shape)))),
        Gives::List(key, shape) => {
            let list = json!({ "type": "array", "items": reference(shape) });
            let schema = json!({
                "type": "object",
                "properties": { key: list },
                "required": [key],
                "additionalProperties": false,
            });
            ("200", Some(json_of(schema)))
        }
        Gives::Csv => ("200", Some(json!({ "text/csv": { "schema": { "type": "string" } } }))),
    };
    let mut answer = json!({ "description": "Done." });
    if let Some(content) = content {
        answer["content"] = content;
    }
    let refusal = |text: &str| json!({ "description": text, "content": json_of(reference("Error")) });
    let mut operation = json!({
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            status: answer,
            "400": refusal("The request is wrong."),
            "401": refusal("The credentials are missing or wrong."),
            "403": refusal("Not for you."),
            "404": refusal("There is no such thing."),
            "409": refusal("Something else stands against it."),
        },
    });
    if let Some(body) = route.body {
        operation["requestBody"] = json!({ "required": false, "content": json_of(json!(body(generator))) });
    }
    operation
}

fn parameter(name: &str) -> Value {
    match name {
        "page" | "pageSize" => json!({ "type": "integer", "minimum": 1 }),
        "active" | "blocked" => json!({ "type": "boolean" }),
        "date" => json!({ "type": "string", "format": "date" }),
        "eventOccurredAfter" | "eventOccurredBefore" => json!({ "type": "string", "format": "date-time" }),
        _ => json!({ "type": "string" }),
    }
}

fn shape_schema(shape: &Shape) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    collect(shape, &mut properties, &mut required);
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn collect(shape: &Shape, properties: &mut Map<String, Value>, required: &mut Vec<String>) {
    for (field, kind) in shape.1 {
        if *field == "*" {
            if let Some(base) = SHAPES.iter().find(|known| known.0 == *kind) {
                collect(base, properties, required);
            }
            continue;
        }
        let name = field.trim_end_matches('?');
        if name == *field {
            required.push(name.to_owned());
        }
        properties.insert(name.to_owned(), type_schema(kind));
    }
}

fn type_schema(kind: &str) -> Value {
    if let Some(inner) = kind.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return json!({ "type": "array", "items": type_schema(inner) });
    }
    if let Some(inner) = kind.strip_suffix('?') {
        return json!({ "anyOf": [type_schema(inner), { "type": "null" }] });
    }
    match kind {
        "id" => json!({ "type": "string", "pattern": "^[0-9]{18}$" }),
        "time" => json!({ "type": "string", "format": "date-time" }),
        "any" => json!({}),
        "string" | "boolean" | "integer" | "object" => json!({ "type": kind }),
        shape => json!({ "$ref": format!("#/components/schemas/{shape}") }),
    }
}

/// Lets references inside requests point to the schemas of requests, which have names of their own.
fn qualify(value: &mut Value, inside_request: bool) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(target) if inside_request && key == "$ref" => {
                        *target = target.replace("/schemas/", "/schemas/Request.");
                    }
                    _ => {
                        let request = key == "requestBody" || key.starts_with("Request.");
                        qualify(value, inside_request || request);
                    }
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| qualify(item, inside_request)),
        _ => {}
    }
}
