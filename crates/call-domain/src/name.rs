/// Why a string names no value of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a known {what}")]
pub struct UnknownName {
    pub(crate) what: &'static str,
}

/// Gives an enum without data its names: one spelling for columns, wire and logs.
macro_rules! names {
    ($what:literal, $type:ident { $($variant:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in columns, on the wire and in logs.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s {
                    $($name => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownName { what: $what }),
                }
            }
        }
    };
}

pub(crate) use names;

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use crate::{
        BusyPolicy, CallStatus, CallType, EndReason, LeaveReason, LegClosed, ParticipantStatus,
        Quality, RejectReason, Role, Topology, TopologyPolicy,
    };

    fn serde_agrees<T: Serialize + std::fmt::Display>(values: &[T]) {
        for value in values {
            let json = serde_json::to_value(value).unwrap();
            assert_eq!(json, serde_json::Value::String(value.to_string()));
        }
    }

    #[test]
    fn names_are_those_of_serde() {
        serde_agrees(BusyPolicy::ALL);
        serde_agrees(CallStatus::ALL);
        serde_agrees(CallType::ALL);
        serde_agrees(EndReason::ALL);
        serde_agrees(LegClosed::ALL);
        serde_agrees(ParticipantStatus::ALL);
        serde_agrees(Quality::ALL);
        serde_agrees(Role::ALL);
        serde_agrees(Topology::ALL);
        serde_agrees(TopologyPolicy::ALL);
    }

    #[test]
    fn names_are_read_back() {
        for reason in EndReason::ALL {
            assert_eq!(reason.as_str().parse::<EndReason>().as_ref(), Ok(reason));
            let left = LeaveReason::from(*reason);
            assert_eq!(left.as_str().parse::<LeaveReason>(), Ok(left));
        }
        for left in [LeaveReason::Left, LeaveReason::Removed] {
            assert_eq!(left.as_str().parse::<LeaveReason>(), Ok(left));
        }
        assert_eq!("busy".parse::<RejectReason>(), Ok(RejectReason::Busy));
        assert_eq!(
            "Busy".parse::<RejectReason>().unwrap_err().to_string(),
            "not a known reject reason"
        );
    }
}
