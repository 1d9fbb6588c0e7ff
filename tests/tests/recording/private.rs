use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::scene::Scene;

/// The modes of a folder and of what is in it.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let mut modes = vec![(folder.display().to_string(), mode(folder))];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            modes.extend(self::modes(&path));
        } else {
            modes.push((path.display().to_string(), mode(&path)));
        }
    }
    modes
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_on_the_machine_can_read_what_is_recorded() {
    let scene = Scene::set(&[]).await;
    let id = scene.start("mixed").await;
    scene.all_on_disk(&id).await;
    let private = |(path, mode): (String, u32)| {
        let is_folder = Path::new(&path).is_dir();
        let wanted = if is_folder { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{path}");
    };
    let folder = scene.folder(&id);
    let above = folder.parent().unwrap();
    modes(above).into_iter().for_each(private);
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["mix"], "done", "{recording}");
    let modes = modes(above);
    // The folders, the tracks, the journal, the manifest and the mix.
    assert!(modes.len() >= 2 + 4 + 3, "{modes:?}");
    modes.into_iter().for_each(private);
}
