use call_media::sfu::Event;

use crate::Engine;

impl Engine {
    /// Takes in what the media plane tells. Never blocks: it may be called from the thread that forwards.
    pub fn media_event(&self, event: Event) {
        let _ = event;
    }
}
