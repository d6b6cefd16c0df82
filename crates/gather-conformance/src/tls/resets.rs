//! What a server may do to an exchange over HTTP/2 short of closing the connection: each is an error that says whether the
//! request can be sent again, and none is a page.

use gather_core::{Fetch, FetchErrorKind, Host, Phase};

use super::server::Server;
use crate::exchange::{chain, next, request, rest};
use crate::frames::Frame;

/// The error codes of RFC 9113, section 7, with what each makes of an exchange that has no answer yet.
///
/// [`Refused`](FetchErrorKind::Refused) is what was certainly not acted upon (section 8.7), [`Protocol`](FetchErrorKind::Protocol)
/// what will not be better the next time, [`Interrupted`](FetchErrorKind::Interrupted) everything else: what nobody knows is to
/// be taken for an internal error.
const CODES: [(u32, FetchErrorKind); 15] = [
    (0x0, FetchErrorKind::Interrupted), // NO_ERROR
    (0x1, FetchErrorKind::Protocol),    // PROTOCOL_ERROR
    (0x2, FetchErrorKind::Interrupted), // INTERNAL_ERROR
    (0x3, FetchErrorKind::Protocol),    // FLOW_CONTROL_ERROR
    (0x4, FetchErrorKind::Protocol),    // SETTINGS_TIMEOUT
    (0x5, FetchErrorKind::Protocol),    // STREAM_CLOSED
    (0x6, FetchErrorKind::Protocol),    // FRAME_SIZE_ERROR
    (0x7, FetchErrorKind::Refused),     // REFUSED_STREAM
    (0x8, FetchErrorKind::Interrupted), // CANCEL
    (0x9, FetchErrorKind::Protocol),    // COMPRESSION_ERROR
    (0xa, FetchErrorKind::Interrupted), // CONNECT_ERROR
    (0xb, FetchErrorKind::Interrupted), // ENHANCE_YOUR_CALM
    (0xc, FetchErrorKind::Protocol),    // INADEQUATE_SECURITY
    (0xd, FetchErrorKind::Protocol),    // HTTP_1_1_REQUIRED
    (0xffff, FetchErrorKind::Interrupted),
];

fn page() -> Vec<Frame> {
    vec![Frame::Head, Frame::Data(b"a "), Frame::Data(b"page"), Frame::End]
}

/// A stream that is reset before its answer has begun is an error in the head, of a kind that says whether to try again; and
/// of that exchange alone.
pub fn http2_reset_is_named<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let server = Server::start(CODES.iter().flat_map(|(code, _)| [vec![Frame::Reset(*code)], page()]));
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), server.front.authority());
        for (code, kind) in CODES {
            let error = server.ask(&fetch, &clock).await.expect_err("no answer");
            assert_eq!((error.phase(), error.kind()), (Phase::Head, kind), "{code:#x}: {}", chain(&error));
            assert_eq!(error.is_unprocessed(), code == 0x7, "{code:#x}");
            server.gives_a_page(&fetch, &clock, &format!("after {code:#x}")).await;
        }
    });
    assert_eq!((server.frames.accepted(), server.frames.requests()), (1, 2 * CODES.len()));
}

/// A body is whole when its end has come, and never because its stream, or connection, has ended: not even when the server
/// resets it with the code that is none of an error.
pub fn http2_body_needs_its_end<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let half = |end| vec![Frame::Head, Frame::Data(b"half"), end];
    let ends = CODES.iter().map(|(code, _)| Frame::Reset(*code)).chain([Frame::Close]);
    let answers: Vec<_> = ends.map(half).chain([[page(), vec![Frame::Reset(0x0)]].concat(), page()]).collect();
    let server = Server::start(answers.clone());
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), server.front.authority());
        for answer in answers.iter().filter(|answer| !answer.contains(&Frame::End)) {
            let request = request(&format!("https://{}/", server.front.addr()));
            let outcome = match fetch.fetch(request).await {
                Ok(response) => {
                    let mut body = response.into_body();
                    // Whether what had come is still handed out when the reset is there as well is not said anywhere.
                    match next(&mut body).await.expect("not the end") {
                        Ok(first) => {
                            assert_eq!(first, "half");
                            rest(&mut body).await
                        }
                        Err(error) => Err(error),
                    }
                }
                Err(error) => panic!("{answer:?}: the head had come: {}", chain(&error)),
            };
            let error = outcome.expect_err("half a body");
            assert_eq!(error.phase(), Phase::Body, "{answer:?}: {}", chain(&error));
            let kind = error.kind();
            assert!(matches!(kind, FetchErrorKind::Interrupted | FetchErrorKind::Protocol), "{answer:?}: {kind:?}");
        }
        server.gives_a_page(&fetch, &clock, "with a reset behind its end").await;
        server.gives_a_page(&fetch, &clock, "afterwards").await;
    });
}
