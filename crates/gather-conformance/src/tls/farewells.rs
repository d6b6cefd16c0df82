//! A server of HTTP/2 that leaves says which requests it has taken on (`GOAWAY`; RFC 9113, section 6.8). Those it finishes, the
//! others it has not seen, and nobody asks it for more.
//!
//! What was not seen may be sent again, whatever its method. A transport that can tell says so of its error
//! ([`is_unprocessed`](gather_core::FetchError::is_unprocessed)), one that cannot says that it was interrupted, and one that
//! sends it again itself has a page. What none may do is to say it of a request that the server did take on.

use futures_util::future::join_all;
use gather_core::{Fetch, FetchErrorKind, Host, Phase};

use super::server::Server;
use crate::exchange::chain;
use crate::frames::{Frame, PAGE, page};

/// What just leaves (`NO_ERROR`), and what has had enough (`ENHANCE_YOUR_CALM`).
const CODES: [u32; 2] = [0x0, 0xb];

/// A request that the server takes on while it leaves is answered whole, and the next has another connection.
pub fn http2_farewell_ends_the_connection<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    const REQUESTS: usize = 20;
    let server = Server::start([[vec![Frame::GoAway { before: 0, code: 0x0 }], page()].concat()]);
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), server.front.authority());
        for number in 0..REQUESTS {
            server.gives_a_page(&fetch, &clock, &format!("request {number}")).await;
        }
    });
    assert_eq!((server.frames.accepted(), server.frames.requests()), (REQUESTS, REQUESTS));
}

/// Of the requests on one connection the server finishes those up to the last that it names, and no other fails for that. Those
/// behind it are errors, or pages where they were sent again.
pub fn http2_farewell_finishes_what_was_taken_on<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    const TOGETHER: usize = 4;
    let servers = CODES.map(|code| {
        let farewell = vec![Frame::GoAway { before: 2, code }, Frame::Page { before: 3 }, Frame::Page { before: 2 }];
        Server::start([page(), vec![], vec![], vec![], farewell, page()])
    });
    host.run(async |clock: H::Handle| {
        for server in &servers {
            let fetch = make(clock.clone(), server.front.authority());
            // Until one connection is there a client cannot know that it will do for all.
            server.gives_a_page(&fetch, &clock, "first").await;
            let all = join_all((0..TOGETHER).map(|_| server.ask(&fetch, &clock))).await;
            let mut pages = 0;
            for outcome in all {
                match outcome {
                    Ok(page) => {
                        assert_eq!(page.body, PAGE);
                        pages += 1;
                    }
                    Err(error) => {
                        assert_eq!(error.phase(), Phase::Head, "{}", chain(&error));
                        let kind = error.kind();
                        let known = matches!(kind, FetchErrorKind::Refused | FetchErrorKind::Interrupted);
                        assert!(known, "{kind:?}: {}", chain(&error));
                    }
                }
            }
            let again = server.frames.requests() - 1 - TOGETHER;
            assert_eq!(pages, 2 + again, "two were taken on, and {again} were sent again");
            server.gives_a_page(&fetch, &clock, "afterwards").await;
            // One that was left, and another; or one for each that was sent again.
            let accepted = server.frames.accepted();
            assert!((2..=2 + again).contains(&accepted), "{accepted} connections");
        }
    });
}

/// A request that the server says it has taken on, and then loses, has not gone unprocessed: whoever sent it again might do
/// twice what is to be done once.
pub fn http2_lost_request_is_not_unprocessed<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    const REQUESTS: usize = 10;
    let servers = CODES.map(|code| Server::start([vec![Frame::GoAway { before: 0, code }, Frame::Close]]));
    host.run(async |clock: H::Handle| {
        for server in &servers {
            let fetch = make(clock.clone(), server.front.authority());
            for _ in 0..REQUESTS {
                let error = server.ask(&fetch, &clock).await.expect_err("no answer");
                assert_eq!(error.phase(), Phase::Head, "{}", chain(&error));
                assert!(!error.is_unprocessed() && !error.is_timeout(), "{:?}: {}", error.kind(), chain(&error));
            }
        }
    });
}
