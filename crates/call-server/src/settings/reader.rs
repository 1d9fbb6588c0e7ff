//! Typed reading of the layers, with every complaint collected instead of the first one returned.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use config::ValueKind;

use super::layers::{DEFAULTS_SOURCE, Given, Layers};
use super::{Complaint, Secret};

/// Ten years: longer is a slip of the pen.
const LONGEST: f64 = 10.0 * 365.0 * 86_400.0;

/// Reads keys. A wrong value is noted and stands in as a neutral one; [`Reader::finish`] refuses
/// the whole, so that stand-ins go nowhere.
pub(super) struct Reader {
    values: BTreeMap<String, Given>,
    known: BTreeSet<String>,
    read: BTreeSet<String>,
    complaints: Vec<Complaint>,
}

impl Reader {
    pub(super) fn new(layers: Layers) -> Self {
        Self {
            values: layers.values,
            known: layers.known.into_iter().collect(),
            read: BTreeSet::new(),
            complaints: Vec::new(),
        }
    }

    /// Complains of a key that was read, or about how several keys go together.
    pub(super) fn complain(&mut self, key: &str, what: impl Into<String>) {
        let source = self.source(key);
        self.complaints.push(Complaint {
            key: key.to_owned(),
            what: what.into(),
            source,
        });
    }

    pub(super) fn text(&mut self, key: &'static str) -> String {
        let parsed = match self.value(key) {
            Some(ValueKind::String(text)) => Some(text.trim().to_owned()),
            _ => None,
        };
        self.expect(key, "text", parsed)
    }

    /// Like [`Reader::text`], for text that is not to be shown.
    pub(super) fn secret(&mut self, key: &'static str) -> Secret {
        Secret::new(self.text(key))
    }

    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        let parsed = match self.value(key) {
            Some(ValueKind::Boolean(truth)) => Some(truth),
            Some(ValueKind::String(text)) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        self.expect(key, "true or false", parsed)
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, key: &'static str, least: u32, most: u32) -> u32 {
        let parsed = match self.value(key) {
            Some(ValueKind::I64(number)) => u32::try_from(number).ok(),
            Some(ValueKind::String(text)) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number| (least..=most).contains(number));
        self.expect(
            key,
            &format!("a whole number from {least} to {most}"),
            parsed,
        )
    }

    /// A number of bytes, or 0.
    pub(super) fn bytes(&mut self, key: &'static str) -> u64 {
        let parsed = match self.value(key) {
            Some(ValueKind::I64(number)) => u64::try_from(number).ok(),
            Some(ValueKind::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        self.expect(key, "a whole number of bytes", parsed)
    }

    /// A duration in seconds, more than nothing.
    pub(super) fn seconds(&mut self, key: &'static str) -> Duration {
        let parsed = match self.value(key) {
            #[expect(clippy::cast_precision_loss, reason = "bounded right below")]
            Some(ValueKind::I64(number)) => Some(number as f64),
            Some(ValueKind::Float(number)) => Some(number),
            Some(ValueKind::String(text)) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|seconds: &f64| *seconds > 0.0 && *seconds <= LONGEST)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        self.expect(key, "a number of seconds above 0", parsed)
    }

    /// A list; a text is taken apart at commas.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<String> {
        let parsed = match self.value(key) {
            Some(ValueKind::String(text)) => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
            Some(ValueKind::Array(items)) => items
                .into_iter()
                .map(|item| match item.kind {
                    ValueKind::String(text) if !text.trim().is_empty() => {
                        Some(text.trim().to_owned())
                    }
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        self.expect(key, "a list of texts", parsed)
    }

    /// Like [`Reader::list`], for texts that are not to be shown.
    pub(super) fn secrets(&mut self, key: &'static str) -> Vec<Secret> {
        self.list(key).into_iter().map(Secret::new).collect()
    }

    /// A list whose items something else parses.
    pub(super) fn items<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        for text in self.list(key) {
            match parse(&text) {
                Ok(item) => items.push(item),
                Err(what) => self.complain(key, what),
            }
        }
        items
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
        stand_in: T,
    ) -> T {
        let given = match self.value(key) {
            Some(ValueKind::String(text)) => text.trim().to_ascii_lowercase(),
            Some(ValueKind::Boolean(truth)) => truth.to_string(),
            _ => String::new(),
        };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == given) {
            return *choice;
        }
        let words: Vec<String> = choices
            .iter()
            .map(|(word, _)| format!("{word:?}"))
            .collect();
        self.complain(key, format!("must be one of {}", words.join(", ")));
        stand_in
    }

    /// A text that something else parses.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        stand_in: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        let text = self.text(key);
        match parse(&text) {
            Ok(value) => value,
            Err(what) => {
                self.complain(key, what);
                stand_in
            }
        }
    }

    /// Where the value of a key came from.
    pub(super) fn source(&self, key: &str) -> String {
        self.values
            .get(key)
            .map_or(DEFAULTS_SOURCE, |given| given.source.as_str())
            .to_owned()
    }

    /// All complaints, those about unknown keys first.
    pub(super) fn finish(self) -> Vec<Complaint> {
        let mut complaints: Vec<Complaint> = self
            .values
            .iter()
            .filter(|(key, _)| !self.known.contains(*key))
            .map(|(key, given)| Complaint {
                key: key.clone(),
                what: unknown(key, &self.known),
                source: given.source.clone(),
            })
            .collect();
        // A key that is not there at all was pushed out by a wrong value in the place of its
        // section, which is an unknown key by itself.
        let values = &self.values;
        complaints.extend(
            self.complaints
                .into_iter()
                .filter(|complaint| values.contains_key(&complaint.key)),
        );
        complaints
    }

    /// Keys that are in the defaults and that nobody read.
    #[cfg(test)]
    pub(super) fn unread(&self) -> Vec<String> {
        self.known.difference(&self.read).cloned().collect()
    }

    /// Keys that somebody read.
    #[cfg(test)]
    pub(super) fn reads(&self) -> impl Iterator<Item = &String> {
        self.read.iter()
    }

    fn value(&mut self, key: &'static str) -> Option<ValueKind> {
        self.read.insert(key.to_owned());
        self.values.get(key).map(|given| given.value.clone())
    }

    fn expect<T: Default>(&mut self, key: &str, expected: &str, parsed: Option<T>) -> T {
        parsed.unwrap_or_else(|| {
            // The value is not repeated: the key may be one that holds a secret.
            self.complain(key, format!("must be {expected}"));
            T::default()
        })
    }
}

fn unknown(key: &str, known: &BTreeSet<String>) -> String {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(key, candidate), candidate))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((likeness, candidate)) if likeness > 0.6 => {
            format!("unknown key; did you mean {candidate}?")
        }
        _ => "unknown key".to_owned(),
    }
}
