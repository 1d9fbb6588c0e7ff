//! What the tests need from the system, installed by apt where that is allowed.

use std::path::Path;

use anyhow::{Result, bail};

use crate::peers;
use crate::shell::{execute, on_path, program, read, succeeds};

struct Need {
    /// What it is for.
    purpose: &'static str,
    /// Debian's package.
    package: &'static str,
    present: fn() -> bool,
}

const NEEDS: [Need; 21] = [
    Need {
        purpose: "the C compiler for SQLite and libpq",
        package: "build-essential",
        present: || on_path("cc"),
    },
    Need {
        purpose: "the PostgreSQL server that the store's tests start",
        package: "postgresql",
        present: || on_path("postgres") || debian_postgresql(),
    },
    Need {
        purpose: "the system's libpq, for the check of that feature",
        package: "libpq-dev",
        present: || succeeds(program("pkg-config").args(["--exists", "libpq"])),
    },
    Need {
        purpose: "finds the system's libraries",
        package: "pkg-config",
        present: || on_path("pkg-config"),
    },
    Need {
        purpose: "the browser of the end-to-end tests",
        package: "chromium",
        present: || on_path("chromium"),
    },
    Need {
        purpose: "the other browser of the end-to-end tests",
        package: "firefox-esr",
        present: || on_path("firefox-esr") || on_path("firefox"),
    },
    Need {
        purpose: "Node, which builds and tests the web packages",
        package: "nodejs",
        present: || on_path("node"),
    },
    Need {
        purpose: "npm, which installs the web packages' dependencies",
        package: "npm",
        present: || on_path("npm"),
    },
    Need {
        purpose: "a certificate for the relay in a test",
        package: "openssl",
        present: || on_path("openssl"),
    },
    Need {
        purpose: "coturn and its clients, the relay's peer in tests and benchmarks",
        package: "coturn",
        present: || on_path("turnutils_uclient") && on_path("turnserver"),
    },
    Need {
        purpose: "ffmpeg, which mixes recordings, and decodes them in tests",
        package: "ffmpeg",
        present: || on_path("ffmpeg") && on_path("ffprobe"),
    },
    Need {
        purpose: "network namespaces, for homes behind NATs",
        package: "iproute2",
        present: || on_path("ip"),
    },
    Need {
        purpose: "address translation in those namespaces",
        package: "nftables",
        present: || on_path("nft"),
    },
    Need {
        purpose: "a look from inside a namespace",
        package: "curl",
        present: || on_path("curl"),
    },
    Need {
        purpose: "an environment for aiortc, which joins calls in tests",
        package: "python3-venv",
        present: || python("import ensurepip, venv"),
    },
    Need {
        purpose: "GStreamer from Python, which joins calls in tests",
        package: "python3-gi",
        present: || python("import gi"),
    },
    Need {
        purpose: "GStreamer's WebRTC from Python",
        package: "gir1.2-gst-plugins-bad-1.0",
        present: || python("import gi; gi.require_version('GstWebRTC', '1.0')"),
    },
    Need {
        purpose: "GStreamer's webrtcbin, DTLS and SRTP",
        package: "gstreamer1.0-plugins-bad",
        present: || gstreamer(&["webrtc", "dtls", "srtp"]),
    },
    Need {
        purpose: "GStreamer's ICE",
        package: "gstreamer1.0-nice",
        present: || gstreamer(&["nice"]),
    },
    Need {
        purpose: "GStreamer's VP8 and RTP",
        package: "gstreamer1.0-plugins-good",
        present: || gstreamer(&["vpx", "rtp", "rtpmanager"]),
    },
    Need {
        purpose: "GStreamer's Opus and test pictures",
        package: "gstreamer1.0-plugins-base",
        present: || gstreamer(&["opus", "videotestsrc", "audiotestsrc"]),
    },
];

/// What the benchmark of the SFU needs beyond that.
const JANUS: [Need; 1] = [Need {
    purpose: "the SFU's peer in the benchmark",
    package: "janus",
    present: || on_path("janus"),
}];

/// Sees to everything that the tests miss, or fails naming exactly what to install.
pub(crate) fn ensure() -> Result<()> {
    install(&NEEDS)
}

/// Sees to what the benchmark of the SFU misses.
pub(crate) fn ensure_janus() -> Result<()> {
    install(&JANUS)
}

fn install(needs: &'static [Need]) -> Result<()> {
    let missing = missing(needs);
    if missing.is_empty() {
        println!("all present");
        return Ok(());
    }
    for need in &missing {
        println!("missing: {} ({})", need.package, need.purpose);
    }
    let names: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let by_hand = format!("apt-get install {}", names.join(" "));
    if !Path::new("/etc/debian_version").exists() || !on_path("apt-get") {
        bail!("this is no Debian or Ubuntu; install what `{by_hand}` would, then try again");
    }
    let Some(prefix) = root_prefix() else {
        bail!("no root and no sudo without a password; run as root: {by_hand}");
    };
    apt(prefix, &["update"])?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt(prefix, &[&install[..], &names[..]].concat())?;
    let still = self::missing(needs);
    let still: Vec<&str> = still.iter().map(|need| need.package).collect();
    if still.is_empty() {
        Ok(())
    } else {
        bail!("installed, but still not found: {}", still.join(", "))
    }
}

fn missing(needs: &'static [Need]) -> Vec<&'static Need> {
    needs.iter().filter(|need| !(need.present)()).collect()
}

/// Whether the system's Python can do that.
fn python(statement: &str) -> bool {
    succeeds(program(peers::python()).args(["-c", statement]))
}

/// Whether `GStreamer` has plugins of those names; Debian keeps them by architecture.
fn gstreamer(plugins: &[&str]) -> bool {
    let Ok(folders) = std::fs::read_dir("/usr/lib") else {
        return false;
    };
    let folders: Vec<_> = folders.flatten().map(|folder| folder.path()).collect();
    plugins.iter().all(|plugin| {
        let file = format!("gstreamer-1.0/libgst{plugin}.so");
        let here = Path::new("/usr/lib").join(&file).is_file();
        here || folders.iter().any(|folder| folder.join(&file).is_file())
    })
}

/// Debian keeps the server's programs off the `PATH`, by major version.
fn debian_postgresql() -> bool {
    std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
        versions
            .flatten()
            .any(|version| version.path().join("bin/postgres").is_file())
    })
}

/// How to become root: not at all, by sudo, or `None` when it cannot be done without a question.
fn root_prefix() -> Option<&'static [&'static str]> {
    if read(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        Some(&[])
    } else if succeeds(program("sudo").args(["-n", "true"])) {
        Some(&["sudo", "-n"])
    } else {
        None
    }
}

fn apt(prefix: &[&str], arguments: &[&str]) -> Result<()> {
    let words: Vec<&str> = prefix
        .iter()
        .chain(&[
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "--quiet",
        ])
        .chain(arguments)
        .copied()
        .collect();
    let [first, rest @ ..] = &words[..] else {
        bail!("no command");
    };
    execute(program(first).args(rest))
}
