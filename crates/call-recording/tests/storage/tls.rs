use std::path::Path;
use std::process::Command;

use call_recording::storage::StorageError;

use crate::server::{Server, config, storage};

/// Where the server is, in a program that was started to trust one authority.
const ENDPOINT: &str = "STORAGE_TEST_ENDPOINT";

#[tokio::test]
async fn a_certificate_is_checked() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        return connect(endpoint).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let (ours, others) = (
        folder.path().join("ours.pem"),
        folder.path().join("others.pem"),
    );
    let server = Server::with_tls(&ours);
    let _other = Server::with_tls(&others);
    let endpoint = format!("https://127.0.0.1:{}", server.port);
    assert_eq!(answer(&endpoint, &ours), "");
    let refused = answer(&endpoint, &others);
    assert!(refused.contains("invalid peer certificate"), "{refused}");
    // Without TLS, a server that has it says nothing that we understand.
    let plain = answer(&endpoint.replace("https", "http"), &ours);
    assert!(plain.contains("cannot be reached"), "{plain}");
}

/// Which authorities are trusted is read from the environment, when a program starts.
fn answer(endpoint: &str, authority: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["tls::a_certificate_is_checked", "--exact", "--nocapture"])
        .env(ENDPOINT, endpoint)
        .env("SSL_CERT_FILE", authority)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    let answer = told.lines().find_map(|line| line.split_once("answer: "));
    answer.unwrap_or_else(|| panic!("{told}")).1.to_owned()
}

async fn connect(endpoint: String) {
    let mut config = config(0);
    config.allow_http = endpoint.starts_with("http:");
    config.endpoint = Some(endpoint);
    let checked = storage(config).check().await;
    let answer = match &checked {
        Ok(()) => String::new(),
        Err(error @ StorageError::Unreachable(_)) => error.to_string(),
        Err(error) => panic!("{error:?}"),
    };
    println!("answer: {answer}");
}
