//! What had arrived of a page that failed is not lost.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use gather_client::Fetched;
use gather_client::decode::DecodeLimits;
use gather_conformance::simulated::Script;
use gather_core::http::StatusCode;
use gather_core::http::header::CONTENT_ENCODING;
use gather_core::{Bytes, FetchErrorKind, Request};

use crate::support::*;

#[test]
fn what_had_arrived_of_a_page_is_in_its_error_decoded_and_without_a_password() {
    let text = "all that came ".repeat(2_000);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    let mut cut = encoder.finish().unwrap();
    cut.truncate(cut.len() - 9);
    let cut = Bytes::from(cut);
    let gzip = move |script: Script| field(script.chunk(Duration::ZERO, cut.clone()), CONTENT_ENCODING, "gzip");
    let hanging = gzip(Script::new()).hangs();
    let truncated = gzip(Script::new());
    let cases: [(&str, Script, FetchErrorKind); 5] = [
        ("cut", truncated, FetchErrorKind::Encoding),
        ("hanging", hanging, FetchErrorKind::Timeout(20 * SECOND)),
        ("broken", say("all that").fails_in_body(SECOND, FetchErrorKind::Interrupted), FetchErrorKind::Interrupted),
        ("mislabelled", field(say("all that came"), CONTENT_ENCODING, "br"), FetchErrorKind::Encoding),
        ("too large", say("all that ").chunk(SECOND, "came"), FetchErrorKind::TooLarge(10)),
    ];
    for (name, script, kind) in cases {
        let settings = match kind {
            FetchErrorKind::TooLarge(most) => builder().decode(DecodeLimits::default().decoded(most)),
            _ => builder(),
        };
        let script = script.status(StatusCode::ACCEPTED);
        talk(
            settings,
            move |_| script.clone(),
            async |client, _| {
                let error = client.get("http://user:secret@one.test/a").await.unwrap_err();
                assert_eq!(error.kind(), kind, "{name}: {error:?}");
                assert_eq!(error.url().unwrap(), "http://one.test/a", "{name}");
                let page = Fetched::from(error.into_received().unwrap());
                assert_eq!((page.status(), page.url().path()), (StatusCode::ACCEPTED, "/a"), "{name}");
                let came = page.text().text;
                assert!(text.starts_with(&came), "{name}: {came}");
                assert_eq!(came.is_empty(), name == "mislabelled", "{name}");
            },
        );
    }
    let silent = |_: &Request| Script::silent();
    talk(builder(), silent, async |client, _| {
        assert!(client.get("http://one.test/").await.unwrap_err().received().is_none(), "there was no head");
    });
}
