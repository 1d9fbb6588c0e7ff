use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::start;

const ROUTES: [(&str, &str); 36] = [
    ("get", "/api/calls"),
    ("post", "/api/calls/initiate"),
    ("get", "/api/calls/turn-credentials"),
    ("get", "/api/calls/{id}"),
    ("post", "/api/calls/{id}/answer"),
    ("post", "/api/calls/{id}/reject"),
    ("post", "/api/calls/{id}/end"),
    ("post", "/api/calls/{id}/leave"),
    ("patch", "/api/calls/{id}/media"),
    ("post", "/api/calls/{id}/participants"),
    ("patch", "/api/calls/{id}/participants/{userId}"),
    ("delete", "/api/calls/{id}/participants/{userId}"),
    ("post", "/api/calls/{id}/participants/{userId}/mute"),
    ("post", "/api/calls/{id}/join"),
    ("put", "/api/calls/{id}/hand"),
    ("get", "/api/calls/{id}/stats"),
    ("get", "/api/calls/{id}/events"),
    ("get", "/api/calls/{id}/quality"),
    ("post", "/api/calls/{id}/recording"),
    ("delete", "/api/calls/{id}/recording"),
    ("put", "/api/calls/{id}/recording/consent"),
    ("get", "/api/calls/{id}/recordings"),
    ("get", "/api/recordings/{id}"),
    ("delete", "/api/recordings/{id}"),
    ("post", "/api/recordings/{id}/mix"),
    ("post", "/api/recordings/{id}/files/{fileId}/url"),
    ("get", "/api/recordings/media/{token}"),
    ("get", "/api/alerts"),
    ("get", "/api/presence"),
    ("get", "/api/config"),
    ("get", "/api/openapi.json"),
    ("post", "/api/dev/token"),
    ("get", "/ws"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
];

fn visit(value: &Value, seen: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                seen(key, inner);
                visit(inner, seen);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| visit(item, seen)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_lists_every_route_and_nothing_else() {
    let server = start().await;
    let reply = server.ask("GET", "/api/openapi.json").send().await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let description = reply.json();
    let paths = description["paths"].as_object().expect("paths");
    let described: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").keys();
            methods.map(|method| (method.clone(), path.clone()))
        })
        .collect();
    let routes = ROUTES
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(described, routes);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_in_the_description_leads_somewhere() {
    let server = start().await;
    let description = server.ask("GET", "/api/openapi.json").send().await.json();
    let mut references = 0;
    visit(&description, &mut |key, value| {
        if key == "$ref" {
            references += 1;
            let pointer = value
                .as_str()
                .and_then(|text| text.strip_prefix('#'))
                .expect("a pointer");
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
    });
    assert!(references > 30, "{references}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guarded_routes_say_so_and_how_they_fail() {
    let server = start().await;
    let description = server.ask("GET", "/api/openapi.json").send().await.json();
    let scheme = &description["components"]["securitySchemes"]["token"];
    assert_eq!(
        (&scheme["type"], &scheme["scheme"]),
        (&"http".into(), &"bearer".into())
    );
    for (method, path) in ROUTES
        .iter()
        .filter(|(_, path)| path.starts_with("/api/calls"))
    {
        let operation = &description["paths"][path][method];
        assert!(operation["security"][0]["token"].is_array(), "{path}");
        assert!(operation["responses"]["401"].is_object(), "{path}");
        assert!(operation["summary"].is_string(), "{path}");
        if path.contains("{id}") {
            assert!(operation["responses"]["404"].is_object(), "{path}");
            assert_eq!(operation["parameters"][0]["name"], "id");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_about_the_api_needs_nobody_else() {
    let server = start().await;
    let redirect = server.ask("GET", "/api/docs").send().await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (308, Some("/api/docs/"))
    );
    let page = server.ask("GET", "/api/docs/").send().await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    );
    for piece in page.text.split(['"', '\'']) {
        assert!(
            !piece.starts_with("http") && !piece.starts_with("//"),
            "{piece}"
        );
    }
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        let reply = server.ask("GET", &format!("/api/docs/{file}")).send().await;
        assert_eq!(reply.status, 200, "{file}");
    }
    let start = server
        .ask("GET", "/api/docs/swagger-initializer.js")
        .send()
        .await;
    assert!(
        start.text.contains("\"/api/openapi.json\""),
        "{}",
        start.text
    );
    server
        .ask("GET", "/api/docs/nope.js")
        .send()
        .await
        .is_problem(404, "not_found");
}
