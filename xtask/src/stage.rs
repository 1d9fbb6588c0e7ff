//! Checks that run one after the other, each timed, none stopping the others.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// One check.
pub(crate) struct Stage {
    /// A short name, for the summary and `--only`.
    pub(crate) name: &'static str,
    /// What it checks.
    pub(crate) about: &'static str,
    /// Names of earlier stages whose results it uses.
    pub(crate) needs: &'static [&'static str],
    pub(crate) check: fn() -> Result<()>,
}

struct Outcome {
    name: &'static str,
    took: Duration,
    result: Result<()>,
}

/// Runs the stages in order, each under a heading, and ends with a summary. A stage whose needs
/// failed cannot run, which counts as a failure of its own.
pub(crate) fn run(stages: &[Stage]) -> ExitCode {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (stage, number) in stages.iter().zip(1..) {
        println!(
            "\n=== {number}/{} {}: {}",
            stages.len(),
            stage.name,
            stage.about
        );
        let start = Instant::now();
        let result = needs_met(stage, &outcomes).and_then(|()| (stage.check)());
        let took = start.elapsed();
        match &result {
            Ok(()) => println!("=== {}: passed in {}", stage.name, seconds(took)),
            Err(error) => println!("=== {}: FAILED in {}: {error:#}", stage.name, seconds(took)),
        }
        outcomes.push(Outcome {
            name: stage.name,
            took,
            result,
        });
    }
    summarise(&outcomes)
}

fn needs_met(stage: &Stage, outcomes: &[Outcome]) -> Result<()> {
    for outcome in outcomes {
        if outcome.result.is_err() && stage.needs.contains(&outcome.name) {
            bail!("could not run, because {} failed", outcome.name);
        }
    }
    Ok(())
}

fn summarise(outcomes: &[Outcome]) -> ExitCode {
    println!("\n=== summary");
    for Outcome { name, took, result } in outcomes {
        let took = seconds(*took);
        match result {
            Ok(()) => println!("passed  {name:<16}{took:>9}"),
            Err(error) => println!("FAILED  {name:<16}{took:>9}  {error:#}"),
        }
    }
    let failed = outcomes.iter().filter(|o| o.result.is_err()).count();
    println!("\n{} passed, {failed} failed", outcomes.len() - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::{Stage, run};

    fn stage(
        name: &'static str,
        needs: &'static [&'static str],
        check: fn() -> super::Result<()>,
    ) -> Stage {
        Stage {
            name,
            about: "",
            needs,
            check,
        }
    }

    #[test]
    fn one_failure_fails_the_whole() {
        let stages = [
            stage("good", &[], || Ok(())),
            stage("bad", &[], || bail!("it is")),
        ];
        assert_ne!(
            format!("{:?}", run(&stages)),
            format!("{:?}", run(&stages[..1]))
        );
    }

    #[test]
    fn a_stage_does_not_run_on_the_ruins_of_another() {
        let stages = [
            stage("bad", &[], || bail!("it is")),
            stage("after", &["bad"], || panic!("it must not run")),
        ];
        run(&stages);
    }
}
