use std::fmt;
use std::str::FromStr;

use call_domain::{RecordingFileId, RecordingId};
use serde::{Deserialize, Serialize};

/// What a file of a recording is, as its name ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Container {
    /// `.webm`
    Webm,
    /// `.mkv`
    Matroska,
    /// `.mp4`
    Mp4,
    /// `.m4a`: MP4 with nothing but sound.
    M4a,
}

impl Container {
    const ALL: [Self; 4] = [Self::Webm, Self::Matroska, Self::Mp4, Self::M4a];

    const fn extension(self) -> &'static str {
        match self {
            Self::Webm => "webm",
            Self::Matroska => "mkv",
            Self::Mp4 => "mp4",
            Self::M4a => "m4a",
        }
    }
}

/// How a file is called in the folder of its recording: `manifest.json`, or `<file id>.<webm|mkv|mp4|m4a>`. There are no other names,
/// so that no name leads out of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FileName {
    /// Who, when and what.
    Manifest,
    /// Something to see or hear.
    Media(RecordingFileId, Container),
}

const MANIFEST: &str = "manifest.json";

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str(MANIFEST),
            Self::Media(id, container) => write!(f, "{id}.{}", container.extension()),
        }
    }
}

impl FromStr for FileName {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == MANIFEST {
            return Ok(Self::Manifest);
        }
        let (id, extension) = text.split_once('.').ok_or(InvalidKey)?;
        let mut containers = Container::ALL.into_iter();
        let container = containers.find(|container| container.extension() == extension);
        Ok(Self::Media(canonical(id)?, container.ok_or(InvalidKey)?))
    }
}

/// Where a file is in any store, below the store's folder or prefix: `<recording id>/<file name>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectKey {
    /// Whose file it is.
    pub recording: RecordingId,
    /// Which file.
    pub file: FileName,
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.recording, self.file)
    }
}

impl FromStr for ObjectKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (recording, file) = text.split_once('/').ok_or(InvalidKey)?;
        Ok(Self {
            recording: canonical(recording)?,
            file: file.parse()?,
        })
    }
}

/// An id in the one spelling that its `Display` has: lower case, with hyphens.
fn canonical<Id: FromStr>(text: &str) -> Result<Id, InvalidKey> {
    let of_one = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    if !text.bytes().all(of_one) {
        return Err(InvalidKey);
    }
    text.parse().map_err(|_| InvalidKey)
}

/// Text is no file name or no object key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a recording's file")]
pub struct InvalidKey;

macro_rules! text {
    ($($name:ident),+) => {
        $(
            impl TryFrom<String> for $name {
                type Error = InvalidKey;

                fn try_from(text: String) -> Result<Self, Self::Error> {
                    text.parse()
                }
            }

            impl From<$name> for String {
                fn from(value: $name) -> Self {
                    value.to_string()
                }
            }
        )+
    };
}

text!(FileName, ObjectKey);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str =
        "0199c2f4-7a3e-7b10-8f6e-0123456789ab/00112233-4455-4677-8899-aabbccddeeff.webm";

    #[test]
    fn a_key_reads_as_it_is_written() {
        let key: ObjectKey = KEY.parse().unwrap();
        assert_eq!(key.to_string(), KEY);
        assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{KEY}\""));
        let manifest = "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json";
        assert_eq!(
            manifest.parse::<ObjectKey>().unwrap().file,
            FileName::Manifest
        );
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for (from, to) in [
            ("webm", "exe"),
            ("webm", "webm.json"),
            ("webm", "webm/"),
            ("webm", "webm/../../etc/passwd"),
            ("0199c2f4-7a3e-7b10-8f6e-0123456789ab/", ""),
            ("0199c2f4-7a3e-7b10-8f6e-0123456789ab/", "../"),
            ("0199c2f4-7a3e-7b10-8f6e-0123456789ab/", "/"),
            (
                "0199c2f4-7a3e-7b10-8f6e-0123456789ab/",
                "{0199c2f4-7a3e-7b10-8f6e-0123456789ab}/",
            ),
            ("7a3e", "7A3E"),
            ("aabb", "AABB"),
            ("aabb", "aab%"),
            ("00112233", "0011223"),
        ] {
            let text = KEY.replace(from, to);
            assert_eq!(text.parse::<ObjectKey>(), Err(InvalidKey), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_parses_is_spelt_in_one_way(text in "[0-9a-fA-F./-]{0,12}|.{0,80}|\\PC{0,20}") {
            if let Ok(key) = text.parse::<ObjectKey>() {
                prop_assert_eq!(key.to_string(), text.clone());
            }
            if let Ok(name) = text.parse::<FileName>() {
                prop_assert_eq!(name.to_string(), text);
            }
        }

        #[test]
        fn a_changed_key_is_another_or_none(at in 0..KEY.len(), to in any::<char>()) {
            let mut changed: Vec<char> = KEY.chars().collect();
            changed[at] = to;
            let text: String = changed.into_iter().collect();
            if let Ok(key) = text.parse::<ObjectKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }
}
