use std::fmt;

/// One thing wrong with the configuration, as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The key, such as `policy.ring_timeout`; empty when a file as a whole is wrong.
    pub key: String,
    /// What is wrong with it. Never contains a secret.
    pub what: String,
    /// Where the value came from: `file PATH`, `environment variable NAME` or `the defaults`.
    pub source: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} ({})", self.what, self.source)
    }
}

/// Everything wrong with the configuration, one line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// At least one.
    pub complaints: Vec<Complaint>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is wrong:")?;
        for complaint in &self.complaints {
            write!(f, "\n  {complaint}")?;
        }
        Ok(())
    }
}

impl From<Complaint> for SettingsError {
    fn from(complaint: Complaint) -> Self {
        Self {
            complaints: vec![complaint],
        }
    }
}
