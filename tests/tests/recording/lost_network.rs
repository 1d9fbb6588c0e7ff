use serde_json::Value;

use crate::scene::{Scene, files, get};
use crate::watched::media_files;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_the_network_and_comes_back_is_recorded_in_the_same_files() {
    let mut scene = Scene::set(&[]).await;
    let id = scene.start("tracks").await;
    scene.all_on_disk(&id).await;
    let before = media_files(&scene.folder(&id));
    scene.bob.vanish().await;
    // Two seconds of Alice.
    scene.frames_written(130).await;
    scene.bob.come_back(&scene.server).await;
    scene.media_flows().await;
    scene.frames_written(130).await;
    assert_eq!(media_files(&scene.folder(&id)), before);
    scene.stop().await;

    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    for frames in scene.frames_of_tracks(&recording).await {
        assert!(frames > 30, "{frames}");
    }
    let url = scene
        .url(&id, files(&recording, "manifest")[0], false)
        .await;
    let manifest: Value = serde_json::from_slice(&get(&url, &[]).await.body).unwrap();
    for track in manifest["tracks"].as_array().unwrap() {
        let gaps = track["gaps"].as_array().unwrap();
        let longest = gaps
            .iter()
            .map(|gap| gap["toMs"].as_u64().unwrap() - gap["fromMs"].as_u64().unwrap());
        let longest = longest.max().unwrap_or(0);
        let is_bob = track["userId"] == "bob";
        assert_eq!(longest > 1_500, is_bob, "{track}");
    }
}
