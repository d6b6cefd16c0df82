//! `cargo xtask selftest`: how often the lab is wrong on this machine, and whether it catches what it must catch.

mod catches;
mod ledger;
pub(crate) mod recorded;
mod tries;
mod verdicts;

use std::time::Instant;

use crate::bench::prepare;
use crate::budget;
use crate::definitions::Definitions;
use crate::environment::Environment;
use crate::failure::{Failure, REGRESSION, TOO_NOISY};
use crate::flags::{Bench, SelfTest};
use crate::outcome::Outcome;
use crate::plan::{self, Planned};
use crate::say;
use crate::score::Score;
use crate::session::Session;

use self::ledger::Ledger;
use self::verdicts::Finding;

/// Runs every test; the number is the exit code when nothing broke.
pub(crate) fn run(flags: &SelfTest) -> Result<u8, Failure> {
    let mut lab = Lab::new(flags)?;
    let mut findings = Vec::new();
    let tested = lab.test(flags, &mut findings);
    lab.session.progress.clear();
    // It may have ended before the tries, where the file begins.
    let kept = lab.keep();
    // Whatever happened: what was found so far is shown.
    say::out(&verdicts::table(&findings));
    if let Some(results) = &lab.session.results {
        say::out(&format!("\nresults    {}\n", results.path.display()));
    }
    if let Some(path) = lab.ledger.path() {
        say::out(&format!("kept       {}: `cargo xtask record` keeps it in the repository\n", path.display()));
    }
    tested?;
    kept?;
    say::out(&format!("took       {}\n", crate::numbers::seconds(lab.begin.elapsed().as_secs_f64())));
    Ok(match () {
        () if findings.iter().any(|finding| !finding.held && !finding.statistical) => REGRESSION,
        () if findings.iter().any(|finding| !finding.held) => TOO_NOISY,
        () => 0,
    })
}

/// A session that runs cells of the control workloads.
struct Lab {
    session: Session,
    definitions: Definitions,
    flags: Bench,
    ledger: Ledger,
    begin: Instant,
    seconds: f64,
}

impl Lab {
    fn new(flags: &SelfTest) -> Result<Lab, Failure> {
        let bench = flags.bench.clone();
        let definitions = Definitions::load(&crate::bench::definitions_folder(bench.definitions.as_ref()))?;
        let environment = Environment::inspect()?;
        environment.print();
        let seconds = budget::parse(bench.budget.as_deref().unwrap_or("19m")).map_err(Failure::Setup)?;
        let seed = bench.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        let session = prepare::start(&bench, environment, None, seed, 1)?;
        let ledger = Ledger::new(&session.environment, seed, &prepare::repeat(&bench, seed));
        Ok(Lab { session, definitions, flags: bench, ledger, begin: Instant::now(), seconds })
    }

    fn test(&mut self, flags: &SelfTest, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        let injection = tries::calibrate(self)?;
        self.keeping(findings, catches::mutations)?;
        self.keeping(findings, catches::saturation)?;
        self.keeping(findings, catches::freeze)?;
        self.keeping(findings, catches::allocation)?;
        self.keeping(findings, |lab, findings| tries::verdicts(lab, injection, flags, findings))
    }

    /// Runs a test and writes down what it found, also when it broke off.
    fn keeping(
        &mut self,
        findings: &mut Vec<Finding>,
        test: impl FnOnce(&mut Lab, &mut Vec<Finding>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let known = findings.len();
        let tested = test(self, findings);
        findings[known..].iter().try_for_each(|finding| self.ledger.line(finding.to_json()))?;
        tested
    }

    /// Lets the findings have their file, in the folder of what is being measured.
    fn keep(&mut self) -> Result<(), Failure> {
        let folder = self.session.results.as_ref().and_then(|results| results.path.parent());
        folder.map_or(Ok(()), |folder| self.ledger.open(folder))
    }

    /// One of the control workloads, planned.
    fn control(&self, name: &str) -> Result<Planned, Failure> {
        let flags = Bench { workloads: vec![name.to_owned()], ..self.flags.clone() };
        let mut plan = plan::plan(&self.definitions, &flags)?;
        plan.pop().ok_or_else(|| Failure::Setup(format!("the workload `{name}` is missing")))
    }

    /// Opens results for this plan.
    fn open(&mut self, plan: &[Planned]) -> Result<(), Failure> {
        prepare::open(&self.flags, &mut self.session, plan)
    }

    /// Measures one cell of a plan that was opened.
    fn measure(&mut self, planned: &Planned, cell: usize) -> Result<(Outcome, Score), Failure> {
        let mut outcome = Outcome::default();
        let cell = &planned.cells[cell];
        self.session.run(planned, cell, &mut outcome)?;
        let score = Score::new(planned, cell, &outcome);
        Ok((outcome, score))
    }

    /// How much of the budget is left, in seconds.
    fn left(&self) -> f64 {
        self.seconds - self.begin.elapsed().as_secs_f64()
    }
}
