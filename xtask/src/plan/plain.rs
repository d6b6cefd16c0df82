//! Plans about which nothing is special, for tests that say what matters to them.

use super::{Entry, Planned};
use crate::definitions::{Engine, Server};

impl Planned {
    /// A workload of that name, without a cell.
    pub(crate) fn plain(name: &str) -> Planned {
        Planned {
            name: name.into(),
            class: "curated".into(),
            question: String::new(),
            expectation: String::new(),
            analysis: String::new(),
            reference: "tokio".into(),
            delta: 0.02,
            time_limit_s: 60,
            limits: Vec::new(),
            threads: 1,
            cpus: vec![1],
            columns: Vec::new(),
            against: Vec::new(),
            server: Server::Origin,
            published: Vec::new(),
            cells: Vec::new(),
        }
    }
}

impl Entry {
    /// The engine tokio in a cell with these parameters.
    pub(crate) fn plain(params: &[(String, String)]) -> Entry {
        Entry {
            label: "tokio".into(),
            twin: false,
            engine: Engine::plain("tokio"),
            params: params.to_vec(),
            requests: 1,
            threads: 1,
            cpus: vec![1],
            expected: Vec::new(),
        }
    }
}
