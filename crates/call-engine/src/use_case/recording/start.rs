use std::sync::Arc;

use call_domain::{CallId, Command, RecordingId, RecordingMode};
use call_store::StoredRecording;

use super::{RecordingError, Requester};
use crate::error::Unavailable;
use crate::id::new_id;
use crate::{CommandError, Engine};

impl Engine {
    /// A moderator, or an administrator who need not be in the call, has it recorded. A call that is peer-to-peer moves to the
    /// media plane by that.
    pub async fn start_recording(
        self: &Arc<Self>,
        call: CallId,
        by: Requester,
        mode: RecordingMode,
    ) -> Result<StoredRecording, RecordingError> {
        let id = RecordingId::new(new_id(self.clock.now()));
        let command = Command::StartRecording {
            by: Some(by.user),
            admin: by.admin,
            id,
            mode,
        };
        let engine = Arc::clone(self);
        let started = self.lanes.run(call, async move {
            let live = engine.current(call).await?.ok_or(CommandError::NotFound)?;
            // Whoever may not learns nothing of what this server is able to.
            let refused = live.call.apply(command.clone(), engine.clock.now()).err();
            if let Some(rejection) = refused {
                return Err(RecordingError::Call(rejection.into()));
            }
            engine.may_record(mode)?;
            let started = engine.apply(call, move |_, _| Some(command.clone())).await;
            Ok(started.map(drop)?)
        });
        started.await.map_err(Unavailable::from)??;
        self.stored_recording(id).await
    }

    fn may_record(&self, mode: RecordingMode) -> Result<(), RecordingError> {
        let Some(config) = &self.config.recording else {
            // The call was begun by a server that could.
            return Err(CommandError::RecordingForbidden.into());
        };
        if mode == RecordingMode::Mixed && !config.plane.mixing_available() {
            return Err(RecordingError::MixingUnavailable);
        }
        config.plane.may_begin().map_err(|fault| {
            tracing::warn!(%fault, "a recording was refused");
            CommandError::RecordingUnavailable(fault).into()
        })
    }
}
