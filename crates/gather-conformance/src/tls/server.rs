//! What the laws of resets and farewells talk to.

use gather_core::{Clock, Fetch, FetchError, Page, fetch_page};

use crate::exchange::{chain, generous, request};
use crate::frames::{Frame, FrameServer, PAGE};
use crate::secure::TlsFront;

/// A server of frames behind TLS, with an answer for each request.
pub(super) struct Server {
    pub(super) frames: FrameServer,
    pub(super) front: TlsFront,
}

impl Server {
    pub(super) fn start(answers: impl IntoIterator<Item = Vec<Frame>>) -> Self {
        let frames = FrameServer::start(answers);
        let front = TlsFront::http2(frames.addr());
        Server { frames, front }
    }

    pub(super) async fn ask<F: Fetch, C: Clock>(&self, fetch: &F, clock: &C) -> Result<Page, FetchError> {
        fetch_page(fetch, clock, request(&format!("https://{}/", self.front.addr())), generous()).await
    }

    pub(super) async fn gives_a_page<F: Fetch, C: Clock>(&self, fetch: &F, clock: &C, after: &str) {
        let page = self.ask(fetch, clock).await.unwrap_or_else(|error| panic!("{after}: {}", chain(&error)));
        assert_eq!(page.body, PAGE, "{after}");
    }
}
