use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

/// The address of an [`island`] (TEST-NET-3, RFC 5737).
pub const ISLAND: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 10));

/// Tells a program that it is on one.
const HERE: &str = "CALL_TESTS_ISLAND";

/// A network namespace: the loopback, and one address on an interface that leads nowhere, for stacks that take no loopback
/// address for a host candidate.
const SETTLE: &str = "ip link set lo up
ip link add shore type veth peer name sea
ip addr add 203.0.113.10/24 dev shore
ip link set shore up
ip link set sea up
exec \"$@\"";

/// A program in a network of its own, which has [`ISLAND`] and no way out. Wants `unshare` (util-linux), `ip` and either root
/// or user namespaces.
pub fn island(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command
        .args(["--net", "sh", "-ec", SETTLE, "sh"])
        .arg(program)
        .env(HERE, "1");
    command
}

/// Whether this program was started on an [`island`].
pub fn is_island() -> bool {
    std::env::var_os(HERE).is_some()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}
