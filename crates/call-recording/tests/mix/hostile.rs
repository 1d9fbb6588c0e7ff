//! What people send to do harm.

use std::collections::BTreeSet;

use call_recording::mix::Layout;
use call_recording::{Codec, Source};

use crate::measure::{self, Colour};
use crate::mix;
use crate::tracks::{self, Recorded, Stretch};

#[tokio::test]
async fn a_picture_larger_than_any_screen_is_left_out() {
    let mut call = Recorded::new(2_000);
    call.picture("ann", Source::Video, "red", &[Stretch(0, 2_000, 160)]);
    // Of one colour it is a few bytes, however large.
    let bomb = call.track("bob", Source::Video, Codec::Vp8, 0, 2_000, Vec::new());
    let source = "color=c=blue:s=4112x4096:r=1:d=2";
    let coded = "-c:v libvpx -deadline realtime -cpu-used 8";
    let coded: Vec<&str> = coded.split(' ').collect();
    let bomb = bomb.to_str().unwrap();
    tracks::run(&[&["-f", "lavfi", "-i", source], &coded[..], &[bomb]].concat());
    let mix = mix(Layout::Grid, &call).await;
    assert_eq!(mix.left_out, [call.manifest.tracks[1].file_id]);
    measure::decodes(&mix.path);
    let picture = measure::picture_at(&mix.path, "1.5");
    assert_eq!(picture.people(), BTreeSet::from([Colour::Red]));
}
