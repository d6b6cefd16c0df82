//! What a scrape has to find, found the slow way: one page after the other, through the DOM, without any engine.

use gather_core::parse_page;

use super::Params;
use crate::Failure;
use crate::answer::Answer;
use crate::args::Run;
use crate::engines::blocking;
use crate::inject::Inject;
use crate::json::How;
use crate::models::Model;
use crate::page::PageParser;
use crate::target::{PageKind, Target};
use crate::workload::{ParseKind, Workload};

/// The answer to so many requests.
pub(crate) fn oracle(run: &Run, requests: u64) -> Result<Answer, Failure> {
    let mut answer = Answer::default();
    let workload = &run.workload;
    let cancel = match workload.model {
        Model::Fetch => Params::of(workload)?.cancel,
        _ => None,
    };
    let judge = judge(workload);
    let parser = PageParser::new(&judge);
    let target = Target::new(&judge, run.origin)?;
    let mut fetch = blocking::one_by_one(workload.limits());
    for index in 0..requests {
        if workload.is_silent(index) {
            answer.timeouts += 1;
        } else if cancel.is_some_and(|cancel| cancel.hits(index)) {
            answer.cancelled += 1;
        } else {
            let page = fetch(&target.request(index))?;
            let found = parse_page(&parser, &page).map_err(|error| Failure::new("oracle", error))?;
            answer.add_page(page.body.len() as u64, found);
        }
    }
    Ok(answer)
}

/// The workload as the oracle asks for it: links are found the slow way, nothing is waited for, no CPU is burnt; none of it
/// changes the answer.
fn judge(workload: &Workload) -> Workload {
    let mut judge = workload.clone();
    (judge.delay_us, judge.slow_percent, judge.flaky_percent) = (0, 0, 0);
    (judge.reuse, judge.inject) = (true, Inject::default());
    // The same page as the origin has it: nobody is asked to undo what is to be undone rightly.
    if let PageKind::Gzip(bytes) = judge.page {
        judge.page = PageKind::Text(bytes);
    }
    if let PageKind::Drip { gap_us, .. } = &mut judge.page {
        *gap_us = 0;
    }
    if matches!(judge.parse, ParseKind::Links | ParseKind::Extract)
        || (matches!(judge.parse, ParseKind::Heavy(_)) && judge.heavy_every == 1)
    {
        judge.parse = ParseKind::DomLinks;
    }
    if judge.parse == ParseKind::Json(How::Typed) {
        judge.parse = ParseKind::Json(How::Value);
    }
    judge
}
