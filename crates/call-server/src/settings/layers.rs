//! Where values come from: defaults, a file, the environment; each value knows its source.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Config, Map, Source, Value, ValueKind};

use super::{Complaint, SettingsError};

/// The embedded defaults.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// The name of the defaults in complaints.
pub(super) const DEFAULTS_SOURCE: &str = "the defaults";

const PREFIX: &str = "CALL__";

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) value: ValueKind,
    pub(super) source: String,
}

/// All keys with their values, later layers over earlier ones.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) values: BTreeMap<String, Given>,
    /// The keys that exist.
    pub(super) known: Vec<String>,
}

impl Layers {
    pub(super) fn stack(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let known = flatten(read_toml(DEFAULTS, DEFAULTS_SOURCE)?)
            .into_keys()
            .collect();
        let mut stack = Config::builder().add_source(Layer(read_toml(DEFAULTS, DEFAULTS_SOURCE)?));
        if let Some(path) = file {
            let source = format!("file {}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| Complaint {
                key: String::new(),
                what: format!("cannot be read: {error}"),
                source: source.clone(),
            })?;
            stack = stack.add_source(Layer(read_toml(&text, &source)?));
        }
        let stack = stack
            .add_source(Layer(from_environment(environment)))
            .build()
            .and_then(|merged| merged.collect())
            .map_err(|error| Complaint {
                key: String::new(),
                what: error.to_string(),
                source: "all sources together".to_owned(),
            })?;
        Ok(Self {
            values: flatten(stack),
            known,
        })
    }
}

/// A source for `config` whose values already know where they come from.
#[derive(Debug, Clone)]
struct Layer(Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, config::ConfigError> {
        Ok(self.0.clone())
    }
}

fn read_toml(text: &str, source: &str) -> Result<Map<String, Value>, SettingsError> {
    let table = text.parse::<toml::Table>().map_err(|error| {
        // The library's own report quotes the line, which may hold a secret.
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(1, |before| before.matches('\n').count() + 1);
        Complaint {
            key: String::new(),
            what: format!("line {line}: {}", one_line(error.message())),
            source: source.to_owned(),
        }
    })?;
    let origin = source.to_owned();
    Ok(table
        .into_iter()
        .map(|(key, value)| (key, with_origin(value, &origin)))
        .collect())
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

fn with_origin(value: toml::Value, origin: &String) -> Value {
    let kind = match value {
        toml::Value::String(text) => ValueKind::String(text),
        toml::Value::Integer(number) => ValueKind::I64(number),
        toml::Value::Float(number) => ValueKind::Float(number),
        toml::Value::Boolean(truth) => ValueKind::Boolean(truth),
        toml::Value::Datetime(moment) => ValueKind::String(moment.to_string()),
        toml::Value::Array(items) => ValueKind::Array(
            items
                .into_iter()
                .map(|item| with_origin(item, origin))
                .collect(),
        ),
        toml::Value::Table(table) => ValueKind::Table(
            table
                .into_iter()
                .map(|(key, item)| (key, with_origin(item, origin)))
                .collect(),
        ),
    };
    Value::new(Some(origin), kind)
}

/// `CALL__SECTION__KEY`, and the well-known names that deployments already set. The former win.
fn from_environment(variables: impl IntoIterator<Item = (String, String)>) -> Map<String, Value> {
    let variables: BTreeMap<String, String> = variables.into_iter().collect();
    let mut layer = Map::new();
    let mut set = |key: &str, name: &str, kind: ValueKind| {
        let value = Value::new(Some(&format!("environment variable {name}")), kind);
        match key.split_once('.') {
            None => {
                layer.insert(key.to_owned(), value);
            }
            Some((section, rest)) => {
                let table = layer
                    .entry(section.to_owned())
                    .or_insert_with(|| Value::new(None, ValueKind::Table(Map::new())));
                if let ValueKind::Table(table) = &mut table.kind {
                    table.insert(rest.to_owned(), value);
                }
            }
        }
    };
    let present = |name: &str| variables.get(name).filter(|text| !text.trim().is_empty());

    for (name, key) in [
        ("DATABASE_URL", "database.url"),
        ("TURN_TTL", "turn.ttl"),
        ("RUST_LOG", "log.level"),
    ] {
        if let Some(text) = present(name) {
            set(key, name, ValueKind::String(text.clone()));
        }
    }
    if let Some(secret) = present("TURN_SECRET") {
        // One secret, whatever is in it.
        let list = vec![Value::new(None, secret.trim())];
        set("turn.secrets", "TURN_SECRET", ValueKind::Array(list));
    }
    if let Some(host) = present("TURN_SERVER_HOST") {
        let port = present("TURN_SERVER_PORT").map_or("3478", String::as_str);
        let list = turn_uris(host.trim(), port.trim());
        set("turn.uris", "TURN_SERVER_HOST", ValueKind::Array(list));
        set(
            "turn.embedded",
            "TURN_SERVER_HOST",
            ValueKind::Boolean(false),
        );
    }
    for (name, text) in &variables {
        if let Some(rest) = name.strip_prefix(PREFIX) {
            let key = rest.to_ascii_lowercase().replacen("__", ".", 1);
            set(&key, name, ValueKind::String(text.clone()));
        }
    }
    layer
}

fn turn_uris(host: &str, port: &str) -> Vec<Value> {
    // RFC 7065 writes IPv6 addresses in brackets, as URIs do.
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    [
        format!("stun:{host}:{port}"),
        format!("turn:{host}:{port}?transport=udp"),
        format!("turn:{host}:{port}?transport=tcp"),
    ]
    .into_iter()
    .map(|uri| Value::new(None, uri))
    .collect()
}

fn flatten(layer: Map<String, Value>) -> BTreeMap<String, Given> {
    let mut flat = BTreeMap::new();
    for (key, value) in layer {
        let source = value.origin().unwrap_or(DEFAULTS_SOURCE).to_owned();
        match value.kind {
            ValueKind::Table(section) => {
                for (inner, given) in flatten(section) {
                    flat.insert(format!("{key}.{inner}"), given);
                }
            }
            kind => {
                flat.insert(
                    key,
                    Given {
                        value: kind,
                        source,
                    },
                );
            }
        }
    }
    flat
}
