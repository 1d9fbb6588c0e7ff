use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// A way to a server, that can be cut and mended.
pub(crate) struct Line {
    pub(crate) port: u16,
    to: u16,
    wear: Arc<Wear>,
    task: JoinHandle<()>,
}

/// When it breaks.
struct Wear {
    /// So many bytes more go to the server.
    bytes: AtomicU64,
    broken: Notify,
}

impl Wear {
    fn new() -> Self {
        Self {
            bytes: AtomicU64::new(u64::MAX),
            broken: Notify::new(),
        }
    }
}

impl Line {
    pub(crate) async fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wear = Arc::new(Wear::new());
        Self {
            port,
            to: server,
            task: tokio::spawn(serve(listener, server, Arc::clone(&wear))),
            wear,
        }
    }

    /// Breaks when so many bytes more have gone to the server. Then its port is closed.
    pub(crate) fn cut_after(&self, bytes: u64) {
        self.wear.bytes.store(bytes, Ordering::Relaxed);
    }

    /// Breaks now.
    pub(crate) async fn cut(&mut self) {
        self.wear.broken.notify_one();
        (&mut self.task).await.unwrap();
    }

    /// After it broke.
    pub(crate) async fn mend(&mut self) {
        if !self.task.is_finished() {
            (&mut self.task).await.unwrap();
        }
        self.wear = Arc::new(Wear::new());
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.task = tokio::spawn(serve(listener, self.to, Arc::clone(&self.wear)));
    }
}

async fn serve(listener: TcpListener, server: u16, wear: Arc<Wear>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = wear.broken.notified() => return,
            accepted = listener.accept() => {
                let client = accepted.unwrap().0;
                connections.spawn(forward(client, server, Arc::clone(&wear)));
            }
        }
    }
}

async fn forward(client: TcpStream, server: u16, wear: Arc<Wear>) {
    let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = async {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    };
    let there = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from_client.read(&mut buffer).await {
            let left = wear.bytes.load(Ordering::Relaxed);
            if left < length as u64 {
                wear.broken.notify_one();
                return;
            }
            wear.bytes.store(left - length as u64, Ordering::Relaxed);
            if to_server.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = back => {}
        () = there => {}
    }
}
