//! `cargo xtask advise`: which runtime, how many pages in flight, and is async worth it, for pages like yours. From what this
//! machine measured, with how far the question is from it.

mod answer;
mod evidence;
mod model;
mod question;

use crate::failure::Failure;
use crate::flags::Advise;
use crate::runs;
use crate::say;
use crate::style::Style;

use self::answer::Answer;
use self::evidence::Evidence;
use self::question::Question;

/// Prints one screen of advice.
pub(crate) fn run(flags: &Advise) -> Result<(), Failure> {
    let question = Question::parse(flags).map_err(Failure::Setup)?;
    let run = runs::open(flags.run.as_deref(), flags.results.as_deref())?;
    let evidence = Evidence::of(&run, &question)?;
    let models = evidence.models();
    let answer = Answer::new(&question, &evidence, &models).map_err(Failure::Nothing)?;
    say::out(&answer.show(&run, Style::detect()));
    Ok(())
}

#[cfg(test)]
mod tests;
