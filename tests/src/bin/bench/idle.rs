//! Memory of sockets that do nothing.

use crate::report::{Figure, Goal, resident};
use crate::socket::{Bare, Socket, server, session};

pub(crate) async fn run(count: usize) -> anyhow::Result<()> {
    println!("\n{count} idle sockets");
    let mut bare_memory = Figure::new("limit: bare actix-ws, resident", "MB");
    let mut memory = Figure::new("Call Server with sessions ready, resident", "MB");
    {
        let bare = Bare::start().await?;
        let mut sockets: Vec<Socket> = Vec::with_capacity(count);
        for _ in 0..count {
            sockets.push(bare.socket("").await?);
        }
        bare_memory.add(resident(bare.pid())?);
    }
    let server = server().await;
    let mut sockets: Vec<Socket> = Vec::with_capacity(count);
    for n in 0..count {
        sockets.push(session(&server, &format!("user{n}")).await?);
    }
    memory.add(resident(server.pid())?);
    bare_memory.print(None);
    memory.print(Some(Goal::Below(250.0)));
    Ok(())
}
