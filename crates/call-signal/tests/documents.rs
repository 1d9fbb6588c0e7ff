//! The documents of the protocol name all that the code knows, and their examples are valid.
#![allow(clippy::expect_used)]

use std::path::Path;

use call_signal::CloseCode;
use call_signal::wire::{Call, ClientFrame, ServerMessage};

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    std::fs::read_to_string(&path).expect("the document exists")
}

/// What stands between `before` and `after`, wherever both are on one line.
fn between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| {
        let (_, rest) = line.split_once(before)?;
        Some(rest.split_once(after)?.0)
    })
}

/// The message types, as the source of the wire types names them.
fn types(source: &'static str) -> Vec<&'static str> {
    let names = between(source, "#[serde(rename = \"", "\")]");
    let names: Vec<_> = names
        .filter(|n| n.contains(':') || ["ack", "error"].contains(n))
        .collect();
    assert!(names.len() >= 10, "the scan finds the messages: {names:?}");
    names
}

fn client_types() -> Vec<&'static str> {
    types(include_str!("../src/wire/client.rs"))
}

fn server_types() -> Vec<&'static str> {
    types(include_str!("../src/wire/server.rs"))
}

fn error_codes() -> Vec<&'static str> {
    let codes: Vec<_> = between(include_str!("../src/wire/error.rs"), "=> \"", "\",").collect();
    assert!(codes.len() >= 10, "the scan finds the codes: {codes:?}");
    codes
}

#[test]
fn asyncapi_has_every_message_once_for_its_direction() {
    let document = document("asyncapi.yaml");
    let named = |side: &str| {
        let start = format!("    {side}");
        let messages = document.split("  messages:\n").last().expect("messages");
        let lines: Vec<_> = messages.lines().collect();
        let mut names: Vec<String> = lines
            .windows(2)
            .filter(|pair| pair[0].starts_with(&start) && pair[0].ends_with(':'))
            .filter_map(|pair| Some(pair[1].trim().strip_prefix("name: '")?.to_owned()))
            .map(|name| name.trim_end_matches('\'').to_owned())
            .collect();
        names.sort();
        names
    };
    let sorted = |mut types: Vec<&'static str>| {
        types.sort_unstable();
        types
    };
    assert_eq!(named("client"), sorted(client_types()));
    assert_eq!(named("server"), sorted(server_types()));
}

#[test]
fn asyncapi_and_the_guide_list_every_error_code() {
    let (asyncapi, guide) = (document("asyncapi.yaml"), document("protocol.md"));
    for code in error_codes() {
        assert!(asyncapi.contains(code), "asyncapi.yaml lacks {code}");
        assert!(
            guide.contains(&format!("| `{code}` |")),
            "protocol.md lacks {code}"
        );
    }
}

#[test]
fn the_guide_lists_every_close_code() {
    let guide = document("protocol.md");
    for code in CloseCode::ALL {
        assert!(
            guide.contains(&format!("\n| {code} | ")),
            "protocol.md lacks {code}"
        );
    }
}

#[test]
fn the_guide_has_a_valid_example_of_every_message() {
    let guide = document("protocol.md");
    let blocks: Vec<_> = guide.split("```json\n").skip(1).collect();
    let blocks: Vec<_> = blocks
        .iter()
        .filter_map(|b| Some(b.split_once("```")?.0))
        .collect();
    let call = blocks
        .iter()
        .find(|b| b.starts_with("{\"id\":"))
        .expect("a whole call");
    serde_json::from_str::<Call>(call).expect("the call is one");

    let section = |title: &str| guide.find(title).expect("the section exists");
    let (client_from, server_from) = (
        section("### Client → server"),
        section("### Server → client"),
    );
    let (mut of_client, mut of_server) = (Vec::new(), Vec::new());
    for block in blocks.iter().filter(|b| b.starts_with("{\"type\":")) {
        let at = section(block);
        let text = block.replace("{…}", call);
        let value: serde_json::Value = serde_json::from_str(&text).expect(block);
        let kind = value["type"].as_str().expect("a type").to_owned();
        if (client_from..server_from).contains(&at) {
            let parsed = ClientFrame::parse(&text);
            assert!(parsed.frame.is_ok(), "{block}: {:?}", parsed.frame);
            of_client.push(kind);
        } else {
            serde_json::from_str::<ServerMessage>(&text).expect(block);
            of_server.push(kind);
        }
    }
    for kind in client_types() {
        assert!(
            of_client.iter().any(|k| k == kind),
            "no example of {kind} of a client"
        );
    }
    for kind in server_types() {
        assert!(
            of_server.iter().any(|k| k == kind),
            "no example of {kind} of the server"
        );
    }
}
