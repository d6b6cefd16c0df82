//! The codec, from data: whatever way the bytes are cut, the response is the same.

use bytes::BytesMut;
use gather_blocking::codec::DecodeError::{self, *};
use gather_blocking::codec::{CHUNK_OVERHEAD_LIMIT, Decoder, FIELD_LIMIT, HEAD_LIMIT, Piece, blank_head, encode};
use gather_core::{FetchErrorKind, get};
use http::{HeaderValue, Method};

#[derive(Debug, Clone, PartialEq)]
struct Response {
    status: u16,
    fields: usize,
    body: String,
    reusable: bool,
}

/// Decodes `pieces` as they come and then the end of the connection.
fn decode<'a>(method: &Method, pieces: impl Iterator<Item = &'a [u8]>) -> Result<Response, DecodeError> {
    let mut pieces = pieces.filter(|piece| !piece.is_empty());
    let (mut input, mut head, mut decoder) = (BytesMut::new(), blank_head(), Decoder::new(method));
    let mut more = |input: &mut BytesMut, decoder: &mut Decoder| match pieces.next() {
        Some(piece) => {
            input.extend_from_slice(piece);
            Ok(true)
        }
        None => decoder.end().map(|()| false),
    };
    while !decoder.head(&mut input, &mut head)? {
        more(&mut input, &mut decoder)?;
    }
    let mut body = String::new();
    loop {
        match decoder.body(&mut input)? {
            Piece::Data(data) => {
                assert!(!data.is_empty());
                body.push_str(std::str::from_utf8(&data).unwrap());
            }
            Piece::End => break,
            Piece::More => {
                if !more(&mut input, &mut decoder)? {
                    break;
                }
            }
        }
    }
    // What is still to come belongs to the question whether the connection may be used again.
    pieces.for_each(|piece| input.extend_from_slice(piece));
    let reusable = decoder.is_reusable(&input);
    Ok(Response { status: head.status.as_u16(), fields: head.headers.len(), body, reusable })
}

fn check(method: &Method, wire: &[u8], expected: &Result<Response, DecodeError>) {
    let shown = String::from_utf8_lossy(&wire[..wire.len().min(200)]);
    assert_eq!(&decode(method, std::iter::once(wire)), expected, "in one piece: {shown}");
    assert_eq!(&decode(method, wire.chunks(1)), expected, "byte by byte: {shown}");
    // Every place, but for what is large: there some fifty.
    for cut in (0..wire.len()).step_by(1 + wire.len() / 2000 * 40) {
        let (left, right) = wire.split_at(cut);
        assert_eq!(&decode(method, [left, right].into_iter()), expected, "cut at {cut}: {shown}");
    }
}

fn good(wire: &str, status: u16, fields: usize, body: &str, reusable: bool) {
    check(&Method::GET, wire.as_bytes(), &Ok(Response { status, fields, body: body.to_owned(), reusable }));
}

fn bad(wire: impl AsRef<[u8]>, error: DecodeError) {
    check(&Method::GET, wire.as_ref(), &Err(error));
}

#[test]
fn bodies_end_where_their_head_says() {
    let ok = "HTTP/1.1 200 OK\r\n";
    good(&format!("{ok}content-length: 5\r\n\r\nhello"), 200, 1, "hello", true);
    good(&format!("{ok}Content-Length: 0\r\n\r\n"), 200, 1, "", true);
    good(&format!("{ok}content-length: 5\r\ncontent-length: 5\r\n\r\nhello"), 200, 2, "hello", true);
    good(&format!("{ok}content-length: 5, 5\r\n\r\nhello"), 200, 1, "hello", true);
    good(&format!("{ok}\r\nuntil the end"), 200, 0, "until the end", false);
    good(&format!("{ok}\r\n"), 200, 0, "", false);
    good(&format!("{ok}content-length: 2\r\n\r\nhi and more"), 200, 1, "hi", false);
    good("HTTP/1.1 204 No Content\r\n\r\n", 204, 0, "", true);
    good("HTTP/1.1 304 Not Modified\r\ncontent-length: 100\r\n\r\n", 304, 1, "", true);
    // A 204 that announces a body does not get one, and its connection is not trusted.
    good("HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\n", 204, 1, "", false);
    good("HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n", 204, 1, "", false);
    // Line feeds alone are old, and harmless in a head.
    good("HTTP/1.1 200 OK\ncontent-length: 2\n\nhi", 200, 1, "hi", true);
    good("HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nhi", 200, 1, "hi", true);
}

#[test]
fn chunked_bodies_are_put_together() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n";
    good(&format!("{chunked}0\r\n\r\n"), 200, 1, "", true);
    good(&format!("{chunked}5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"), 200, 1, "hello!", true);
    good(&format!("{chunked}0000000000000005\r\nhello\r\n000\r\n\r\n"), 200, 1, "hello", true);
    good(&format!("{chunked}A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), 200, 1, "01234567890123456789", true);
    good(&format!("{chunked}5;name=\"value\"\r\nhello\r\n0;last\r\n\r\n"), 200, 1, "hello", true);
    good(&format!("{chunked}5 \t\r\nhello\r\n0\r\n\r\n"), 200, 1, "hello", true);
    good(&format!("{chunked}2\r\nhi\r\n0\r\na-field: x\r\nanother: y\r\n\r\n"), 200, 1, "hi", true);
    good(&format!("{chunked}0\r\n\r\nHTTP/1.1 200 OK"), 200, 1, "", false);
}

#[test]
fn connections_live_on_when_both_sides_say_so() {
    let with =
        |version: &str, connection: &str| format!("HTTP/{version} 200 OK\r\n{connection}content-length: 0\r\n\r\n");
    good(&with("1.1", ""), 200, 1, "", true);
    good(&with("1.1", "connection: close\r\n"), 200, 2, "", false);
    good(&with("1.1", "connection: x, Close\r\n"), 200, 2, "", false);
    good(&with("1.0", ""), 200, 1, "", false);
    good(&with("1.0", "connection: keep-alive\r\n"), 200, 2, "", true);
    good(&with("1.0", "connection: keep-alive\r\nconnection: close\r\n"), 200, 3, "", false);
}

#[test]
fn interim_responses_are_skipped() {
    let last = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    good(
        &format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n{last}"),
        200,
        1,
        "hi",
        true,
    );
    bad(format!("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n{last}"), UnexpectedUpgrade);
    bad("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(1 + HEAD_LIMIT / 37), HeadTooLarge);
}

#[test]
fn answers_to_head_have_no_body() {
    let expected = Ok(Response { status: 200, fields: 1, body: String::new(), reusable: true });
    check(&Method::HEAD, b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n", &expected);
    check(&Method::HEAD, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", &expected);
}

#[test]
fn what_is_not_http_is_refused() {
    for wire in
        ["SSH-2.0-OpenSSH", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "<html>", "http/1.1 200 OK\r\n\r\n"]
    {
        bad(wire, NotHttp);
    }
    for wire in [
        "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nname : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: x\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\na: \0\r\n\r\n",
    ] {
        bad(wire, BadHead);
    }
}

#[test]
fn smuggling_shapes_are_refused() {
    let head = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n0\r\n\r\n");
    bad(head("content-length: 5\r\ntransfer-encoding: chunked"), BothLengths);
    bad(head("transfer-encoding: chunked\r\ncontent-length: 5"), BothLengths);
    bad(head("content-length: 5\r\ncontent-length: 6"), ConflictingLengths);
    bad(head("content-length: 5, 6"), ConflictingLengths);
    for length in ["", "+5", "-5", "0x5", "5 5", "5,", "five", "18446744073709551616"] {
        bad(head(&format!("content-length: {length}")), BadLength);
    }
    for coding in
        ["gzip", "gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked\r\ntransfer-encoding: x"]
    {
        bad(head(&format!("transfer-encoding: {coding}")), UnknownCoding);
    }
    bad("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", UnknownCoding);
}

#[test]
fn broken_chunks_are_refused() {
    let chunked = |body: &str| format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}");
    for size in
        ["zz", "", "+5", "-5", "0x5", "5 5", "5\n", "5\rx", "5;a\nb", "10000000000000000", "00000000000000005", " 5"]
    {
        bad(chunked(&format!("{size}\r\nhello\r\n0\r\n\r\n")), BadChunkSize);
    }
    for body in
        ["5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "4\r\nhello\r\n0\r\n\r\n", "0\r\n\n", "0\r\na: b\n\r\n"]
    {
        bad(chunked(body), BadChunkEnd);
    }
}

#[test]
fn responses_that_end_early_are_errors() {
    for wire in [
        "",
        "HTT",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: b\r\n",
    ] {
        bad(wire, Ended);
        assert_eq!(Ended.kind(), FetchErrorKind::Interrupted);
    }
}

#[test]
fn limits_hold_to_the_byte() {
    let padded = |length: usize| {
        let (begin, end) = ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx: ", "\r\n\r\n");
        format!("{begin}{}{end}", "x".repeat(length - begin.len() - end.len()))
    };
    good(&padded(HEAD_LIMIT), 200, 2, "", true);
    bad(padded(HEAD_LIMIT + 1), HeadTooLarge);
    bad(padded(2 * HEAD_LIMIT).trim_end(), HeadTooLarge);

    let fields = |count: usize| format!("HTTP/1.1 204 No Content\r\n{}\r\n", "a: b\r\n".repeat(count));
    good(&fields(FIELD_LIMIT), 204, FIELD_LIMIT, "", true);
    bad(fields(FIELD_LIMIT + 1), TooManyFields);

    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let extended = |length: usize| format!("{chunked}2;{}\r\nhi\r\n0\r\n\r\n", "x".repeat(length - 1));
    good(&extended(CHUNK_OVERHEAD_LIMIT), 200, 1, "hi", true);
    bad(extended(CHUNK_OVERHEAD_LIMIT + 1), ChunkOverheadTooLarge);
    bad(format!("{chunked}0\r\n{}", "a: b\r\n".repeat(CHUNK_OVERHEAD_LIMIT)), ChunkOverheadTooLarge);
}

#[test]
fn a_buffer_is_used_again_once_its_response_is_gone() {
    let wire = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-field: y\r\n\r\nhello";
    let (mut input, mut head) = (BytesMut::with_capacity(4096), blank_head());
    let memory = input.as_ptr() as usize;
    for _ in 0..1000 {
        head.headers.clear();
        input.reserve(4096);
        assert_eq!(input.as_ptr() as usize, memory);
        input.extend_from_slice(wire);
        let mut decoder = Decoder::new(&Method::GET);
        assert!(decoder.head(&mut input, &mut head).unwrap());
        assert!(matches!(decoder.body(&mut input).unwrap(), Piece::Data(body) if body == "hello"));
        assert!(decoder.is_reusable(&input));
    }
}

#[test]
fn requests_are_written_as_http() {
    let check = |url: &str, expected: &str| {
        let mut output = b"kept: ".to_vec();
        encode(&get(url).unwrap(), &mut output).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), format!("kept: {expected}"));
    };
    check("http://a.example", "GET / HTTP/1.1\r\nhost: a.example\r\n\r\n");
    check("http://a.example:81/b?c=d", "GET /b?c=d HTTP/1.1\r\nhost: a.example:81\r\n\r\n");
    check("http://user:secret@[::1]:81/", "GET / HTTP/1.1\r\nhost: [::1]:81\r\n\r\n");
    check("http://a.example?q", "GET /?q HTTP/1.1\r\nhost: a.example\r\n\r\n");

    let mut own_host = get("http://127.0.0.1/").unwrap();
    own_host.headers_mut().insert("host", HeaderValue::from_static("b.example"));
    let mut output = Vec::new();
    encode(&own_host, &mut output).unwrap();
    assert_eq!(output, b"GET / HTTP/1.1\r\nhost: b.example\r\n\r\n");
}

#[test]
fn requests_that_would_frame_themselves_are_refused() {
    let mut connect = get("http://a.example/").unwrap();
    *connect.method_mut() = Method::CONNECT;
    let relative = http::Request::builder().uri("/no/host").body(bytes::Bytes::new()).unwrap();
    let mut requests = vec![connect, relative];
    for field in ["content-length", "transfer-encoding", "upgrade"] {
        let mut request = get("http://a.example/").unwrap();
        request.headers_mut().insert(field, HeaderValue::from_static("1"));
        requests.push(request);
    }
    for request in requests {
        let mut output = Vec::new();
        let error = encode(&request, &mut output).unwrap_err();
        assert_eq!((error.kind(), output.len()), (FetchErrorKind::Invalid, 0), "{request:?}");
    }
}
