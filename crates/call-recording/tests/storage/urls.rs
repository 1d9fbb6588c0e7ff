use std::time::Duration;

use call_recording::storage::Disposition;
use reqwest::{Client, Method};

use crate::server::{SECRET, Server, config, file_of, storage};
use crate::watch::Watch;
use crate::{key, upload};

#[tokio::test]
async fn a_signed_url_reads_one_file_for_a_while() {
    let mut server = Server::start();
    let store = storage(config(server.port));
    let folder = tempfile::tempdir().unwrap();
    let (file, content) = file_of(folder.path(), 1000);
    store
        .upload(upload(&file), None, &mut Watch::default())
        .await
        .unwrap();

    let (key, ttl) = (key(), Duration::from_mins(5));
    let content_type = "video/webm; codecs=\"vp8, opus\"";
    let signed = store.signed_url(&key, ttl, Disposition::Attachment, content_type);
    let signed = signed.await.unwrap().expect("a URL");
    assert_eq!(format!("{signed:?}"), "SignedUrl(…)");
    let url = signed.into_inner();
    assert!(!url.contains(SECRET));

    let client = Client::new();
    let answer = client.get(&url).header("range", "bytes=100-199");
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 206);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-range"), "bytes 100-199/1000");
    assert_eq!(header("content-type"), content_type);
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"00112233-4455-4677-8899-aabbccddeeff.webm\""
    );
    assert_eq!(answer.bytes().await.unwrap(), content[100..200]);

    let status = async |method: Method, url: &str| {
        let answer = client.request(method, url).send().await;
        answer.unwrap().status().as_u16()
    };
    assert_eq!(status(Method::GET, &url).await, 200);
    assert_eq!(status(Method::DELETE, &url).await, 403);
    assert_eq!(status(Method::GET, &url.replace("aabb", "aabc")).await, 403);
    assert_eq!(
        status(Method::GET, &url.replace("attachment", "inline")).await,
        403
    );
    assert_eq!(
        status(Method::GET, &url.replace("Expires=300", "Expires=301")).await,
        403
    );
    assert_eq!(
        status(Method::GET, url.split('?').next().unwrap()).await,
        403
    );

    server.move_clock(Duration::from_secs(290));
    assert_eq!(status(Method::GET, &url).await, 200);
    server.move_clock(Duration::from_secs(310));
    assert_eq!(status(Method::GET, &url).await, 403);
}
