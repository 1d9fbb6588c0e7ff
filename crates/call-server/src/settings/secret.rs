use std::fmt;

/// Text that must never be shown: it has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one who needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is a placeholder from a manual or a template, known to the whole world.
    pub fn is_well_known(&self) -> bool {
        const MARKS: [&str; 7] = [
            "changeme",
            "change-me",
            "change_me",
            "your-turn-secret",
            "your-secret",
            "super-secret-jwt-token",
            "secretsecret",
        ];
        let text = self.0.to_ascii_lowercase();
        let one_character = text.bytes().all(|byte| Some(byte) == text.bytes().next());
        one_character || MARKS.iter().any(|mark| text.contains(mark))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}
