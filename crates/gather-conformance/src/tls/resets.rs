//! What a server may do to an exchange over HTTP/2 short of closing the connection: each is an error that says whether the
//! request can be sent again, and none is a page.

use gather_core::{Deviation, Fetch, FetchError, FetchErrorKind, Host, Phase, Request};

use super::server::Server;
use crate::exchange::{chain, deviates, request, rest};
use crate::frames::{Frame, page};

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
///
/// Where the transport declares [`SilentResets`](Deviation::SilentResets) it takes that last one for the end; but not where a
/// length was announced.
pub fn http2_body_needs_its_end<H: Host, F: Fetch>(host: H, make: impl Fn(H::Handle, &[u8]) -> F) {
    let cut = |head, end| vec![head, Frame::Data(b"half"), end];
    let resets = || CODES.iter().map(|(code, _)| Frame::Reset(*code)).chain([Frame::Close]);
    let halves = resets().map(|end| cut(Frame::Head, end));
    let halves: Vec<_> = halves.chain(resets().map(|end| cut(Frame::HeadOfLength(8), end))).collect();
    let whole = [[page(), vec![Frame::Reset(0x0)]].concat(), page()];
    let server = Server::start(halves.iter().cloned().chain(whole));
    host.run(async |clock: H::Handle| {
        let fetch = make(clock.clone(), server.front.authority());
        for answer in &halves {
            let outcome = half(&fetch, request(&format!("https://{}/", server.front.addr()))).await;
            if *answer == cut(Frame::Head, Frame::Reset(0x0)) && deviates(&fetch, Deviation::SilentResets) {
                assert_eq!(outcome.expect("it notices, and says that it does not"), b"half");
                continue;
            }
            let error = outcome.expect_err("half a body");
            assert_eq!(error.phase(), Phase::Body, "{answer:?}: {}", chain(&error));
            let kind = error.kind();
            assert!(matches!(kind, FetchErrorKind::Interrupted | FetchErrorKind::Protocol), "{answer:?}: {kind:?}");
        }
        server.gives_a_page(&fetch, &clock, "with a reset behind its end").await;
        server.gives_a_page(&fetch, &clock, "afterwards").await;
    });
}

/// What comes of a body that is broken off. Whether what had come is still handed out when the reset is there as well is not said
/// anywhere.
async fn half<F: Fetch>(fetch: &F, request: Request) -> Result<Vec<u8>, FetchError> {
    rest(&mut fetch.fetch(request).await?.into_body()).await
}
