//! Holds the conversations: all cases over all transports, side by side.

use std::panic::resume_unwind;
use std::thread;

use futures_util::{StreamExt as _, stream};
use gather_conformance::origin::pattern;
use gather_core::{Bytes, Clock, Request, http};

use crate::case::{Case, Step};
use crate::outcome::{Outcome, Sends};
use crate::place::Place;
use crate::record::{Bodies, CASE_FIELD, Record};
use crate::servers::Servers;
use crate::transports::{Layer, Setup, Transport, Unsupported};

/// What is to be held, and with whom.
pub(crate) struct Plan {
    pub(crate) cases: Vec<Case>,
    pub(crate) servers: Servers,
    pub(crate) bodies: Bodies,
}

/// How many conversations of one transport are held at a time.
const WIDTH: usize = 8;

/// For each transport, in their order, what came of each case, in theirs; nothing where a case is not of its layer.
pub(crate) fn run(plan: &Plan, transports: &[Transport]) -> Vec<Vec<Option<Record>>> {
    thread::scope(|scope| {
        let held = transports.iter().enumerate().map(|(number, transport)| {
            let thread = thread::Builder::new().name(transport.name.to_owned());
            thread.spawn_scoped(scope, move || (transport.hold)(plan, number)).expect("a thread")
        });
        let held: Vec<_> = held.collect();
        held.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// One transport's part.
pub(crate) struct Part<'a, C> {
    pub(crate) plan: &'a Plan,
    pub(crate) number: usize,
    pub(crate) layer: Layer,
    pub(crate) clock: C,
}

impl<C: Clock> Part<'_, C> {
    /// Holds all conversations that are of its layer. Each has a client of its own, from `make`.
    pub(crate) async fn hold<S: Sends>(
        &self,
        make: impl Fn(&Setup<'_>, &Case, &str) -> Result<S, Unsupported>,
    ) -> Vec<Option<Record>> {
        let make = &make;
        let held = self.plan.cases.iter().enumerate().map(|(number, case)| async move {
            if !case.runs_on(self.layer) {
                return None;
            }
            let id = format!("{:02}-{number:04}", self.number);
            Some(self.converse(case, id, make).await)
        });
        stream::iter(held).buffered(WIDTH).collect().await
    }

    async fn converse<S: Sends>(
        &self,
        case: &Case,
        id: String,
        make: impl Fn(&Setup<'_>, &Case, &str) -> Result<S, Unsupported>,
    ) -> Record {
        let Plan { servers, bodies, .. } = self.plan;
        let place = Place::new(servers, &case.server, &id);
        let setup = Setup { authority: servers.authority(), policy: &case.policy };
        let sends = make(&setup, case, place.base());
        let mut record = Record::new(id.clone());
        for (number, step) in case.steps.iter().enumerate() {
            let outcome = match (&sends, request(step, &place)) {
                (Ok(sends), Ok(request)) => Outcome::of(sends, request, &self.clock).await,
                (Err(Unsupported(why)), _) => Outcome::refused(format!("unsupported: {why}")),
                (_, Err(why)) => Outcome::refused(why),
            };
            record.add(number, &outcome, step.expect(self.layer), bodies, &|text| place.plain(text));
        }
        if let Some((requests, connections)) = place.counts() {
            record.count(requests, connections);
        }
        record
    }
}

fn request(step: &Step, place: &Place<'_>) -> Result<Request, String> {
    let path = place.fill(&step.path);
    let url = if path.starts_with('/') { format!("{}{path}", place.base()) } else { path };
    let body = match (&step.body, &step.body_length) {
        (Some(text), _) => Bytes::from(text.clone()),
        (None, Some(length)) => Bytes::from(pattern(usize::try_from(length.number()).expect("a length"))),
        (None, None) => Bytes::new(),
    };
    let mut request = http::Request::builder().method(step.method.as_str()).uri(url);
    for (name, value) in &step.headers {
        request = request.header(name, place.fill(value));
    }
    if let Some(number) = place.number() {
        request = request.header(CASE_FIELD, number);
    }
    request.body(body).map_err(|error| format!("not a request: {error}"))
}
