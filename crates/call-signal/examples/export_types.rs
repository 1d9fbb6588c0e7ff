//! Writes the wire types as TypeScript into the folder that is named.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .ok_or("name a folder")?;
    std::fs::create_dir_all(&folder)?;
    call_signal::wire::export_typescript(&folder)?;
    Ok(())
}
