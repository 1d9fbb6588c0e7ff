//! The limit that the benchmarks compare with: bare actix-ws, no protocol, no state.
//!
//! A frame of a socket opened at `/ws?pair=N` goes to the other socket of that pair, as it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use actix_ws::Message;
use tokio::sync::mpsc;

type Pairs = Arc<Mutex<HashMap<String, Vec<mpsc::Sender<String>>>>>;

async fn socket(
    request: HttpRequest,
    body: web::Payload,
    pairs: web::Data<Pairs>,
) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut frames) = actix_ws::handle(&request, body)?;
    let pair = request.query_string().to_owned();
    let (outbox, mut inbox) = mpsc::channel::<String>(256);
    let own = outbox.clone();
    if !pair.is_empty()
        && let Ok(mut pairs) = pairs.lock()
    {
        pairs.entry(pair.clone()).or_default().push(outbox);
    }
    actix_web::rt::spawn(async move {
        let mut peer: Option<mpsc::Sender<String>> = None;
        loop {
            tokio::select! {
                frame = frames.recv() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        if peer.is_none()
                            && let Ok(pairs) = pairs.lock()
                        {
                            let both = pairs.get(&pair);
                            peer = both.and_then(|b| b.iter().find(|o| !o.same_channel(&own)).cloned());
                        }
                        if let Some(peer) = &peer {
                            let _ = peer.send(text.to_string()).await;
                        }
                    }
                    Some(Ok(Message::Ping(bytes))) => {
                        let _ = session.pong(&bytes).await;
                    }
                    Some(Ok(Message::Close(reason))) => {
                        let _ = session.close(reason).await;
                        break;
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => break,
                },
                text = inbox.recv() => {
                    let Some(text) = text else { break };
                    if session.text(text).await.is_err() {
                        break;
                    }
                }
            }
        }
    });
    Ok(response)
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|p| p.parse().ok())
        .unwrap_or(0);
    let pairs = web::Data::new(Pairs::default());
    HttpServer::new(move || {
        App::new()
            .app_data(pairs.clone())
            .route("/ws", web::get().to(socket))
    })
    .workers(2)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}
