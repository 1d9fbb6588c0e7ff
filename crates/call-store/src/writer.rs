use std::thread::{self, JoinHandle};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::{Options, StoreError};

/// SQLite's one writer: a thread that commits whatever waits in one transaction (group commit).
///
/// The disk is asked to keep a transaction once, however many changes it holds, so under load
/// everyone's change becomes durable as fast as one. Each change has a savepoint of its own: one
/// that fails takes no other with it. Nobody is answered before the commit.
pub(crate) struct Writer {
    /// None only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    patience: Duration,
}

/// Changes in one transaction at most: bounds how long the first one waits for the last.
const BATCH: usize = 256;

enum Job {
    /// May share a transaction with others.
    Change(Box<dyn Change>),
    /// Runs between transactions, and begins its own.
    Alone(Box<dyn FnOnce(&mut AnyConnection) + Send>),
}

trait Change: Send {
    /// Does the work, inside a savepoint.
    fn run(self: Box<Self>, connection: &mut AnyConnection) -> Attempt;
    /// Answers without having done anything.
    fn refuse(self: Box<Self>, error: StoreError);
}

struct Attempt {
    /// Why the work failed and must be undone, if it did.
    failure: Option<StoreError>,
    /// To be called with the fate of the transaction.
    answer: Box<dyn FnOnce(Result<(), StoreError>)>,
}

struct Asked<T, F> {
    work: F,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Change for Asked<T, F>
where
    T: Send + 'static,
    F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send,
{
    fn run(self: Box<Self>, connection: &mut AnyConnection) -> Attempt {
        let result = (self.work)(connection).map_err(StoreError::from);
        let reply = self.reply;
        Attempt {
            failure: result.as_ref().err().cloned(),
            answer: Box::new(move |committed| {
                // Whoever asked may have gone away.
                let _ = reply.send(result.and_then(|value| committed.map(|()| value)));
            }),
        }
    }

    fn refuse(self: Box<Self>, error: StoreError) {
        let _ = self.reply.send(Err(error));
    }
}

impl Writer {
    pub(crate) fn start(connection: AnyConnection, options: &Options) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(options.queue.max(1));
        let thread = thread::Builder::new()
            .name("call-store-writer".into())
            .spawn(move || work_off(connection, queue))
            .map_err(|error| StoreError::Unavailable(format!("no thread: {error}")))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            patience: options.patience,
        })
    }

    /// Runs work in a transaction, perhaps together with others', and answers once it is durable.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Change(Box::new(Asked { work, reply })))
            .await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Runs work with no transaction open.
    pub(crate) async fn run_alone<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Alone(Box::new(move |connection| {
            let _ = reply.send(work(connection).map_err(StoreError::from));
        })))
        .await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        let place = timeout(self.patience, jobs.reserve())
            .await
            .map_err(|_| StoreError::Overloaded)?
            .map_err(|_| StoreError::Closed)?;
        place.send(job);
        Ok(())
    }
}

impl Drop for Writer {
    /// What was accepted is still done.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

fn work_off(mut connection: AnyConnection, mut queue: mpsc::Receiver<Job>) {
    while let Some(job) = queue.blocking_recv() {
        let mut next = Some(job);
        while let Some(job) = next.take() {
            match job {
                Job::Alone(work) => work(&mut connection),
                Job::Change(first) => next = commit_together(&mut connection, first, &mut queue),
            }
        }
    }
}

/// Commits a change with all those that wait behind it. Returns the job that came up and could not
/// join them.
fn commit_together(
    connection: &mut AnyConnection,
    first: Box<dyn Change>,
    queue: &mut mpsc::Receiver<Job>,
) -> Option<Job> {
    if let Err(error) = execute(connection, "BEGIN IMMEDIATE") {
        first.refuse(error);
        return None;
    }
    let mut answers = Vec::new();
    let mut left_over = None;
    let mut fate = Ok(());
    let mut next = Some(first);
    while let Some(change) = next.take() {
        match attempt(connection, change) {
            Ok(answer) => answers.push(answer),
            Err(error) => {
                fate = Err(error);
                break;
            }
        }
        if answers.len() < BATCH {
            match queue.try_recv() {
                Ok(Job::Change(change)) => next = Some(change),
                Ok(alone @ Job::Alone(_)) => left_over = Some(alone),
                // Empty, or closed: either way the batch is complete.
                Err(_) => {}
            }
        }
    }
    let fate = fate.and_then(|()| execute(connection, "COMMIT"));
    if let Err(error) = &fate {
        tracing::error!(%error, changes = answers.len(), "changes were lost with their transaction");
        // SQLite has already rolled back after some errors; then there is nothing to do here.
        let _ = execute(connection, "ROLLBACK");
    }
    for answer in answers {
        answer(fate.clone());
    }
    left_over
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

/// One change in its savepoint. An error means that the whole transaction is lost; whoever asked
/// for this change has then been told.
fn attempt(connection: &mut AnyConnection, change: Box<dyn Change>) -> Result<Answer, StoreError> {
    if let Err(error) = execute(connection, "SAVEPOINT change") {
        change.refuse(error.clone());
        return Err(error);
    }
    let Attempt { failure, answer } = change.run(connection);
    let ended = match &failure {
        None => execute(connection, "RELEASE change"),
        Some(_) => execute(connection, "ROLLBACK TO change; RELEASE change"),
    };
    match (ended, failure) {
        (Ok(()), _) => Ok(answer),
        // A full disk, for one, makes SQLite roll back everything, savepoints included: what is
        // worth telling is why.
        (Err(_), Some(cause)) | (Err(cause), None) => {
            answer(Err(cause.clone()));
            Err(cause)
        }
    }
}

fn execute(connection: &mut AnyConnection, sql: &str) -> Result<(), StoreError> {
    connection
        .batch_execute(sql)
        .map_err(|error| Failure::from(error).into())
}
