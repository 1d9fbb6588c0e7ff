use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{CallId, InvalidId};

/// Names a room of the selective forwarding unit: `<call id>-<version>`, where the version is that
/// of the call when it came to use the room. So every node knows it, and no room is used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SfuRoomId {
    call: CallId,
    version: u64,
}

impl SfuRoomId {
    /// The room that a call comes to use with this version.
    pub const fn new(call: CallId, version: u64) -> Self {
        Self { call, version }
    }

    /// Whose room.
    pub const fn call(self) -> CallId {
        self.call
    }

    /// The version of the call that came to use it.
    pub const fn version(self) -> u64 {
        self.version
    }
}

impl fmt::Display for SfuRoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.call, self.version)
    }
}

impl FromStr for SfuRoomId {
    type Err = InvalidId;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidId::new("SFU room id");
        let (call, version) = s.rsplit_once('-').ok_or_else(invalid)?;
        let room = Self {
            call: call.parse().map_err(|_| invalid())?,
            version: version.parse().map_err(|_| invalid())?,
        };
        // One room has one spelling: no sign, no leading zeros, no capitals.
        if room.to_string() == s {
            Ok(room)
        } else {
            Err(invalid())
        }
    }
}

impl TryFrom<String> for SfuRoomId {
    type Error = InvalidId;

    fn try_from(s: String) -> Result<Self, Self::Error> {
        s.parse()
    }
}

impl From<SfuRoomId> for String {
    fn from(id: SfuRoomId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "01900000-0000-7000-8000-0000000000ab";

    #[test]
    fn is_read_as_it_is_written() {
        let room = SfuRoomId::new(CALL.parse().unwrap(), 7);
        assert_eq!(room.to_string(), format!("{CALL}-7"));
        assert_eq!(room.to_string().parse(), Ok(room));
        let json = serde_json::to_value(room).unwrap();
        assert_eq!(json, format!("{CALL}-7"));
        assert_eq!(serde_json::from_value::<SfuRoomId>(json).unwrap(), room);
    }

    #[test]
    fn has_one_spelling() {
        for wrong in ["", "7", CALL] {
            assert!(wrong.parse::<SfuRoomId>().is_err(), "{wrong}");
        }
        for version in ["", "07", "+7", "-7", "x", "18446744073709551616"] {
            let wrong = format!("{CALL}-{version}");
            assert!(wrong.parse::<SfuRoomId>().is_err(), "{wrong}");
        }
        let capitals = format!("{}-7", CALL.to_uppercase());
        assert!(capitals.parse::<SfuRoomId>().is_err());
    }
}
