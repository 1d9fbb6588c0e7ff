use serde_json::{Value, json};

use crate::Device;

/// Alice calls Bob; both have media.
pub async fn talking(alice: &mut Device, bob: &mut Device) -> String {
    let id = id_of(&alice.initiate(&[&bob.user]).await);
    bob.event("call:incoming").await;
    bob.send(&json!({"type": "call:alerting", "callId": id}))
        .await;
    alice.event("call:ringing").await;
    assert_eq!(bob.answer(&id).await.status, 200);
    alice.event("call:participant-joined").await;
    alice.say_connected(&id).await;
    bob.say_connected(&id).await;
    for device in [alice, bob] {
        device
            .event_where("call:updated", |e| e["call"]["status"] == "active")
            .await;
    }
    id
}

/// The id of a call.
pub fn id_of(call: &Value) -> String {
    call["id"].as_str().unwrap_or_default().to_owned()
}
