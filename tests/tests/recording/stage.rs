use std::sync::mpsc::{Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use call_tests::media::Crowd;
use tokio::sync::oneshot;

/// The thread on which everybody's media lives. It ends with the last of these.
#[derive(Clone)]
pub(crate) struct Stage {
    orders: Sender<Order>,
    /// Whether people have cameras.
    pub(crate) cameras: bool,
    /// The epoch of the times in packets.
    pub(crate) began: Instant,
}

type Order = Box<dyn FnOnce(&mut Crowd) + Send>;

/// How long the media lives between two looks at the orders.
const BREATH: Duration = Duration::from_millis(5);

impl Stage {
    pub(crate) fn start(cameras: bool) -> Self {
        let (orders, inbox) = channel::<Order>();
        let mut crowd = Crowd::new().unwrap();
        std::thread::spawn(move || {
            loop {
                match inbox.try_recv() {
                    Ok(order) => order(&mut crowd),
                    Err(TryRecvError::Empty) => crowd.run(BREATH).unwrap(),
                    Err(TryRecvError::Disconnected) => return,
                }
            }
        });
        Self {
            orders,
            cameras,
            began: Instant::now(),
        }
    }

    /// Does something with everybody.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Crowd) -> T + Send + 'static,
    ) -> T {
        let (reply, answer) = oneshot::channel();
        let order: Order = Box::new(move |crowd| {
            // Whoever asked may be gone.
            let _ = reply.send(act(crowd));
        });
        assert!(self.orders.send(order).is_ok(), "the media is gone");
        answer.await.expect("the media lives")
    }
}
