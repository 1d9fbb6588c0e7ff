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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc as blocking};

    use diesel::connection::InstrumentationEvent;
    use diesel::prelude::*;
    use diesel::sql_query;
    use diesel::sql_types::BigInt;

    use super::*;

    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    /// A writer over an empty table, and the number of transactions that it has committed.
    fn writer(pragma: &str) -> (Arc<Writer>, Arc<AtomicUsize>) {
        let commits = Arc::new(AtomicUsize::new(0));
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection
            .batch_execute(&format!(
                "CREATE TABLE notes (text TEXT NOT NULL); {pragma}"
            ))
            .unwrap();
        let counter = Arc::clone(&commits);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event
                && query.to_string() == "COMMIT"
            {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        let connection = AnyConnection::Sqlite(connection);
        let writer = Writer::start(connection, &Options::default()).unwrap();
        (Arc::new(writer), commits)
    }

    async fn note(writer: &Writer, text: &'static str) -> Result<(), StoreError> {
        writer
            .run(move |connection| {
                sql_query(format!("INSERT INTO notes VALUES ({text})")).execute(connection)?;
                Ok(())
            })
            .await
    }

    async fn count(writer: &Writer) -> i64 {
        writer
            .run(|connection| {
                let counts: Vec<Count> =
                    sql_query("SELECT count(*) AS count FROM notes").load(connection)?;
                Ok(counts[0].count)
            })
            .await
            .unwrap()
    }

    /// Keeps the writer busy until the sender is used or dropped.
    async fn hold(writer: &Arc<Writer>) -> blocking::Sender<()> {
        let (release, held) = blocking::channel();
        let (begun, busy) = oneshot::channel();
        let writer = Arc::clone(writer);
        tokio::spawn(async move {
            writer
                .run_alone(move |_| {
                    let _ = begun.send(());
                    let _ = held.recv();
                    Ok(())
                })
                .await
        });
        busy.await.unwrap();
        release
    }

    /// Asks for changes while the writer is held, so that they wait together.
    async fn together(writer: &Arc<Writer>, texts: &[&'static str]) -> Vec<Result<(), StoreError>> {
        let release = hold(writer).await;
        let mut waiting = Vec::new();
        for &text in texts {
            let writer = Arc::clone(writer);
            let before = writer.jobs.as_ref().unwrap().capacity();
            let asked = {
                let writer = Arc::clone(&writer);
                tokio::spawn(async move { note(&writer, text).await })
            };
            while writer.jobs.as_ref().unwrap().capacity() == before {
                tokio::task::yield_now().await;
            }
            waiting.push(asked);
        }
        drop(release);
        let mut results = Vec::new();
        for asked in waiting {
            results.push(asked.await.unwrap());
        }
        results
    }

    #[tokio::test]
    async fn what_waits_is_committed_at_once() {
        let (writer, commits) = writer("");
        let results = together(&writer, &["'a'", "'b'", "'c'", "'d'"]).await;
        assert!(results.iter().all(Result::is_ok));
        assert_eq!(commits.load(Ordering::SeqCst), 1);
        assert_eq!(count(&writer).await, 4);
    }

    #[tokio::test]
    async fn one_that_fails_takes_no_other_with_it() {
        let (writer, commits) = writer("");
        let results = together(&writer, &["'a'", "NULL", "'c'"]).await;
        assert!(results[0].is_ok() && results[2].is_ok());
        assert!(matches!(results[1], Err(StoreError::Database(_))));
        assert_eq!(commits.load(Ordering::SeqCst), 1);
        assert_eq!(count(&writer).await, 2);
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_survived() {
        let (writer, _) = writer("PRAGMA max_page_count = 4;");
        let big = "hex(zeroblob(100000))";
        let results = together(&writer, &["'a'", big, "'c'"]).await;
        assert!(
            matches!(results[1], Err(StoreError::DiskFull)),
            "{results:?}"
        );
        // Whoever was told "yes" finds the note, and nobody else does.
        let told = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(usize::try_from(count(&writer).await), Ok(told));
        note(&writer, "'small'").await.unwrap();
    }

    #[tokio::test]
    async fn a_full_queue_is_told() {
        let (writer, _) = writer("");
        let options = Options {
            queue: 1,
            patience: Duration::ZERO,
            ..Options::default()
        };
        drop(writer);
        let connection = SqliteConnection::establish(":memory:").unwrap();
        let writer = Writer::start(AnyConnection::Sqlite(connection), &options).unwrap();
        let writer = Arc::new(writer);
        let release = hold(&writer).await;
        let waiting = {
            let writer = Arc::clone(&writer);
            tokio::spawn(async move { writer.run(|_| Ok(())).await })
        };
        while writer.jobs.as_ref().unwrap().capacity() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = writer.run(|_| Ok(())).await;
        assert!(matches!(refused, Err(StoreError::Overloaded)));
        drop(release);
        waiting.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_was_accepted_is_done_before_it_is_dropped() {
        let (writer, commits) = writer("");
        let release = hold(&writer).await;
        let (done, look) = blocking::channel();
        for n in 0..3 {
            let done = done.clone();
            let place = writer.jobs.as_ref().unwrap().reserve().await.unwrap();
            let (reply, _) = oneshot::channel::<Result<(), StoreError>>();
            place.send(Job::Change(Box::new(Asked {
                work: move |_: &mut AnyConnection| {
                    let _ = done.send(n);
                    Ok(())
                },
                reply,
            })));
        }
        drop(release);
        drop(done);
        // The task of `hold` lets go of its share when it is done.
        let mut writer = writer;
        let writer = loop {
            match Arc::try_unwrap(writer) {
                Ok(writer) => break writer,
                Err(shared) => {
                    writer = shared;
                    tokio::task::yield_now().await;
                }
            }
        };
        drop(writer);
        assert_eq!(look.try_iter().collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(commits.load(Ordering::SeqCst), 1);
    }
}
