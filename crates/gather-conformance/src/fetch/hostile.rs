//! Servers that mean harm: what they send is refused or read rightly, and never taken for the answer to anything else.
//!
//! The answers are the tables of [`hostile`](crate::hostile). All cases of a table are tried before the law fails, and it
//! names those that came out otherwise.

use std::time::Duration;

use futures_util::future::join_all;
use gather_core::{
    Clock, Deviation, Fetch, FetchError, FetchErrorKind, Host, Limits, Page, Phase, fetch_page, timeout,
};

use crate::exchange::{ask, assert_usable, chain, deviates, generous, page};
use crate::hostile::{CHUNKS, Case, FLOODS, HEADS, LENGTHS, Must, ODDITIES, SPLITS, Then, Why};
use crate::origin::{Counts, Origin};

/// An answer whose length can be read in two ways, or in none, is an error, and its connection serves nobody any more.
pub fn ambiguous_lengths_are_refused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    try_all(host, make, LENGTHS);
}

/// So is a body whose chunks are not what they say, or not what they must be.
pub fn broken_chunks_are_refused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    try_all(host, make, CHUNKS);
}

/// So is a head that is not HTTP, or that could be another one to somebody else.
pub fn broken_heads_are_refused<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    try_all(host, make, HEADS);
}

/// What looks odd and is in order is read; what may be refused is either refused or read in the one way.
pub fn odd_answers_are_read_rightly<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    try_all(host, make, ODDITIES);
}

/// What never gets anywhere is refused after a bounded number of bytes, whether it is fields, early answers, the framing of
/// chunks or a body.
pub fn floods_are_cut<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    try_all(host, make, FLOODS);
}

/// Bytes behind an answer that look like another one are not the answer to the next request.
pub fn split_answers_reach_nobody<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    try_all(host, make, SPLITS);
}

/// What must come of one of these answers, and of the request after it.
pub fn hostile_answer_is_taken_rightly<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F, case: &Case) {
    try_all(host, make, std::slice::from_ref(case));
}

/// Nor is one that comes later, while the connection is idle (RFC 9112, 9.2).
///
/// What arrives at the same moment as the request is sent, no client can tell from an answer. So the law gives the client
/// time to notice, once it is there: until it has closed the connection, or for a second where it looks at idle connections
/// only when it wants to use them.
pub fn unasked_answers_reach_nobody<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for round in 0..3 {
            let asked = page(&fetch, &clock, &origin, &format!("/unasked/{round}/asked")).await;
            assert_eq!(asked.unwrap_or_else(|error| panic!("{}", chain(&error))).body, "asked");
            let open = origin.counts().open;
            origin.open(&round.to_string());
            // That it is sent is waited for by itself: a connection of the round before may be gone only now.
            origin.until(move |counts| counts.pour(&round.to_string()).ended).await;
            let noticed = origin.until(move |counts: &Counts| counts.open < open.max(1));
            let _ = timeout(&clock, Duration::from_secs(1), noticed).await;
            assert_usable(&fetch, &clock, &origin, "an answer that nobody had asked for").await;
        }
    });
}

/// A server that speaks before it is asked, as those of other protocols do, is an error, and is not connected to again and
/// again for it.
pub fn greetings_end_in_an_error<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    const ROUNDS: usize = 10;
    let origin = Origin::start_greeting(b"220 mail.example ESMTP\r\n");
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::CarelessPool) {
            return;
        }
        for _ in 0..ROUNDS {
            let outcome = page(&fetch, &clock, &origin, "/say/hello").await.map(|page| page.body);
            let error = outcome.expect_err("a greeting is no answer");
            assert_eq!(error.phase(), Phase::Head, "{}", chain(&error));
            let kind = error.kind();
            assert!(matches!(kind, FetchErrorKind::Protocol | FetchErrorKind::Interrupted), "{}", chain(&error));
        }
    });
    let accepted = origin.counts().accepted;
    assert!(accepted <= 2 * ROUNDS, "{accepted} connections for {ROUNDS} requests");
}

/// A head that comes byte by byte is cut by the deadline, although there is always something more.
pub fn dripping_head_is_cut<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::Blocks) {
            return;
        }
        let limits = generous().deadline(Duration::from_millis(100));
        let all = join_all((0..5).map(|_| fetch_page(&fetch, &clock, ask(&origin, "/drip-head/1"), limits)));
        for outcome in all.await {
            let error = outcome.map(|page| page.head).expect_err("a head without end");
            assert_eq!(error.kind(), FetchErrorKind::Timeout(limits.deadline), "{}", chain(&error));
        }
        assert_usable(&fetch, &clock, &origin, "a head that came byte by byte").await;
    });
}

/// A body whose last chunk is there and whose end is not has not ended well.
pub fn open_ended_body_is_cut<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F) {
    let origin = Origin::start();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        if deviates(&fetch, Deviation::Blocks) {
            return;
        }
        let limits = generous().deadline(Duration::from_millis(100));
        let outcome = fetch_page(&fetch, &clock, ask(&origin, "/open-end/hello"), limits).await;
        let error = outcome.map(|page| page.body).expect_err("a body without an end");
        assert!(error.is_timeout(), "{}", chain(&error));
        assert_usable(&fetch, &clock, &origin, "a body without an end").await;
    });
}

/// Much more than any case sends properly, and little enough that a flood of single bytes is soon beyond it.
const MAX_BODY: u64 = 64 << 10;

/// What a transport that promises nothing is given to make up its mind. Nothing is concluded from what it does by then.
const UNPROMISED: Duration = Duration::from_millis(200);

fn try_all<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle) -> F, cases: &[Case]) {
    let origin = Origin::start();
    let mut wrong = Vec::new();
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone());
        for case in cases {
            // For the watchdog's sake: a case that never comes to an end is the last one named.
            println!("trying {}", case.name);
            if let Err(what) = try_one(&fetch, &clock, &origin, case).await {
                wrong.push(format!("{} ({}): {what}", case.name, case.rule));
            }
        }
    });
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

async fn try_one<F: Fetch, C: Clock>(fetch: &F, clock: &C, origin: &Origin, case: &Case) -> Result<(), String> {
    let said = fetch.capabilities();
    let promised = case.promise.is_given(&said);
    if !promised && said.deviations.contains(Deviation::Blocks) {
        // Nothing would be concluded from it, and nobody could end it.
        return Ok(());
    }
    if !promised && case.answer.times == usize::MAX && said.deviations.contains(Deviation::EndlessFraming) {
        // It has said that this may take for ever, with whatever thread it is on.
        println!("not tried: the transport declares a deviation from the contract: {}", Deviation::EndlessFraming);
        return Ok(());
    }
    let limits = generous().max_body(MAX_BODY);
    let limits = if promised { limits } else { limits.deadline(UNPROMISED) };
    let outcome = exchange(fetch, clock, origin, case, limits).await;
    let connection = match outcome {
        _ if !promised => Connection::MayServe,
        // What is unusual it refuses, and that is enough.
        Err(error) if said.deviations.contains(Deviation::NoUnusualAnswers) && !error.is_timeout() => {
            Connection::IsSpent
        }
        // It is refused, only not with the reason.
        Err(error)
            if said.deviations.contains(Deviation::UnnamedLimits)
                && matches!(case.must, Must::Refuse(phase, Why::Limit | Why::ProtocolOrLimit) if phase == error.phase())
                && error.kind() == FetchErrorKind::Interrupted =>
        {
            Connection::IsSpent
        }
        outcome => judge(case, outcome)?,
    };
    let dropped = said.deviations.contains(Deviation::LeftoversDropped) && is_behind_chunks(case);
    let strict = said.strict_framing || !(dropped || matches!(case.must, Must::Tolerate(..)));
    if said.deviations.contains(Deviation::CarelessPool) {
        return Ok(());
    }
    let before = origin.counts().last_connection;
    let may_lose = if promised && case.then == Then::Stays { Loss::Nothing } else { Loss::Some };
    harmless(fetch, clock, origin, may_lose).await?;
    if connection == Connection::IsSpent && strict && origin.counts().last_connection == before {
        return Err("its connection served the next request".to_owned());
    }
    Ok(())
}

/// Whether bytes follow the last chunk of a body.
fn is_behind_chunks(case: &Case) -> bool {
    let chunked = b"Transfer-Encoding: chunked";
    matches!(case.must, Must::AcceptOnce(..)) && case.answer.before.windows(chunked.len()).any(|part| part == chunked)
}

async fn exchange<F: Fetch, C: Clock>(
    fetch: &F,
    clock: &C,
    origin: &Origin,
    case: &Case,
    limits: Limits,
) -> Result<Page, FetchError> {
    let mut request = ask(origin, &case.path());
    *request.method_mut() = case.asked.method();
    fetch_page(fetch, clock, request, limits).await
}

/// Whether the connection of a case may serve again.
#[derive(PartialEq, Eq)]
enum Connection {
    MayServe,
    IsSpent,
}

/// Compares what came of a case with what must.
fn judge(case: &Case, outcome: Result<Page, FetchError>) -> Result<Connection, String> {
    let page = match (case.must, outcome) {
        (_, Ok(page)) => page,
        (Must::Refuse(phase, why), Err(error)) if error.phase() == phase && why.covers(error.kind()) => {
            return Ok(Connection::IsSpent);
        }
        (Must::Tolerate(..), Err(error)) if !error.is_timeout() => return Ok(Connection::IsSpent),
        (must, Err(error)) => {
            let (kind, phase) = (error.kind(), error.phase());
            return Err(format!("{kind:?} in the phase {phase:?}, and not {must:?}: {}", chain(&error)));
        }
    };
    let (status, body, connection) = match case.must {
        Must::Accept(status, body) | Must::Tolerate(status, body) => (status, body, Connection::MayServe),
        Must::AcceptOnce(status, body) => (status, body, Connection::IsSpent),
        must => return Err(format!("a page, {} {:?}, and not {must:?}", page.head.status, page.body)),
    };
    if page.head.status == status && page.body == body {
        Ok(connection)
    } else {
        Err(format!("another page, {} {:?}", page.head.status, page.body))
    }
}

/// What the requests after a case may lose to its connection.
#[derive(PartialEq, Eq)]
enum Loss {
    Nothing,
    /// Those sent into a connection that is being closed, which no client can tell, or that is out of step, where the
    /// transport has promised nothing better.
    Some,
}

/// The next request gets its own answer, or is lost where that is nobody's fault. Never does it get another.
async fn harmless<F: Fetch, C: Clock>(fetch: &F, clock: &C, origin: &Origin, may_lose: Loss) -> Result<(), String> {
    let attempts = if may_lose == Loss::Nothing { 1 } else { 3 };
    let mut last = String::new();
    for number in 0..attempts {
        match page(fetch, clock, origin, &format!("/say/after-{number}")).await {
            Ok(page) if page.body == format!("after-{number}") => return Ok(()),
            Ok(page) => return Err(format!("the next request got another answer: {:?}", page.body)),
            Err(error) => last = chain(&error),
        }
    }
    Err(format!("the next request failed: {last}"))
}
