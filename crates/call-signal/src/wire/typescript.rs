//! The wire types in TypeScript.

use std::fs;
use std::io;
use std::path::Path;

use ts_rs::{Config, ExportError, TS};

use super::{
    AddParticipantsRequest, AlertList, AnswerRequest, AppConfig, CallEventList, CallPage,
    CallStats, ClientMessage, ConsentRequest, DevToken, DevTokenRequest, FileUrl, FileUrlRequest,
    HandRequest, InitiateRequest, JoinRequest, MediaRequest, MuteRequest, PresenceList, Problem,
    QualityList, RecordingList, RecordingRequest, RejectRequest, RoleRequest, ServerMessage,
    TurnCredentials,
};

/// Writes one file for each wire type, and an `index.ts` that exports them all, into a folder.
pub fn export_typescript(folder: &Path) -> Result<(), ExportError> {
    let config = Config::new()
        .with_out_dir(folder)
        .with_import_extension(Some("js"));
    ClientMessage::export_all(&config)?;
    ServerMessage::export_all(&config)?;
    InitiateRequest::export_all(&config)?;
    AnswerRequest::export_all(&config)?;
    RejectRequest::export_all(&config)?;
    MediaRequest::export_all(&config)?;
    AddParticipantsRequest::export_all(&config)?;
    JoinRequest::export_all(&config)?;
    MuteRequest::export_all(&config)?;
    RoleRequest::export_all(&config)?;
    HandRequest::export_all(&config)?;
    CallStats::export_all(&config)?;
    CallPage::export_all(&config)?;
    TurnCredentials::export_all(&config)?;
    Problem::export_all(&config)?;
    PresenceList::export_all(&config)?;
    CallEventList::export_all(&config)?;
    QualityList::export_all(&config)?;
    AppConfig::export_all(&config)?;
    DevTokenRequest::export_all(&config)?;
    DevToken::export_all(&config)?;
    RecordingRequest::export_all(&config)?;
    ConsentRequest::export_all(&config)?;
    RecordingList::export_all(&config)?;
    FileUrlRequest::export_all(&config)?;
    FileUrl::export_all(&config)?;
    AlertList::export_all(&config)?;
    Ok(write_index(folder)?)
}

fn write_index(folder: &Path) -> io::Result<()> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".ts")?.to_owned()))
        .filter(|name| name != "index")
        .collect();
    names.sort();
    let exports = names
        .iter()
        .map(|n| format!("export type {{ {n} }} from \"./{n}.js\";\n"));
    let head = "// Generated from the Rust wire types; `cargo xtask fix` writes it anew.\n";
    fs::write(
        folder.join("index.ts"),
        head.to_owned() + &exports.collect::<String>(),
    )
}
