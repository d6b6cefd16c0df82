//! SOCKS 5: what is sent, and what comes of every answer.

use super::super::error::{ProxyFault, SocksReply};
use super::super::socks5::{Socks5, Step, Target};
use super::cuts;

fn name(name: &str) -> Target {
    Target::Name(name.to_owned(), 443)
}

fn address(text: &str) -> Target {
    Target::Address(text.parse().expect("an address"))
}

/// All that was sent, and what the other side of the proxy has said already, or `None` when more would have to come.
type Talk = (Vec<Vec<u8>>, Option<Vec<u8>>);

/// Asks a proxy whose answers come in these pieces.
fn talk(target: &Target, credentials: Option<(&[u8], &[u8])>, pieces: &[&[u8]]) -> Result<Talk, ProxyFault> {
    let (mut socks, hello) = Socks5::new(target, credentials)?;
    let mut sent = vec![hello];
    let mut pieces = pieces.iter();
    let mut fed: &[u8] = &[];
    loop {
        match socks.read(fed)? {
            Step::Send(message) => {
                sent.push(message);
                fed = &[];
            }
            Step::Wait => match pieces.next() {
                Some(piece) => fed = piece,
                None => return Ok((sent, None)),
            },
            Step::Connected(early) => {
                let mut early = early.to_vec();
                pieces.for_each(|piece| early.extend_from_slice(piece));
                return Ok((sent, Some(early)));
            }
        }
    }
}

const OPEN: &[u8] = &[5, 0];
const DONE: &[u8] = &[5, 0, 0, 1, 127, 0, 0, 1, 0x1f, 0x90];

#[test]
fn each_kind_of_target_is_sent_as_itself() {
    let hello = vec![5, 1, 0];
    for (target, request) in [
        (address("192.0.2.7:80"), vec![5, 1, 0, 1, 192, 0, 2, 7, 0, 80]),
        (name("a.test"), vec![5, 1, 0, 3, 6, b'a', b'.', b't', b'e', b's', b't', 1, 187]),
        (
            address("[2001:db8::7]:8080"),
            vec![5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x1f, 0x90],
        ),
    ] {
        let (sent, early) = talk(&target, None, &[OPEN, DONE]).expect("connected");
        assert_eq!((sent, early), (vec![hello.clone(), request], Some(Vec::new())));
    }
}

#[test]
fn every_answer_is_read_however_it_is_cut() {
    let by_name = [&[5, 0, 0, 3, 3][..], b"abc", &[0, 80]].concat();
    let nameless = vec![5, 0, 0, 3, 0, 0, 80];
    let by_ipv6 = [&[5, 0, 0, 4][..], &[9; 16], &[0, 80]].concat();
    for reply in [DONE.to_vec(), by_name, nameless, by_ipv6] {
        for early in [&b""[..], b"first words"] {
            let answers = [OPEN, &reply, early].concat();
            for pieces in cuts(&answers) {
                let (sent, said) = talk(&name("a.test"), None, &pieces).expect("connected");
                assert_eq!((sent.len(), said), (2, Some(early.to_vec())), "{reply:?}");
            }
            for length in 0..OPEN.len() + reply.len() {
                let (_, said) = talk(&name("a.test"), None, &[&answers[..length]]).expect("nothing wrong yet");
                assert_eq!(said, None, "after {length} bytes of {reply:?}");
            }
        }
    }
}

#[test]
fn password_is_sent_when_it_is_asked_for() {
    let credentials: Option<(&[u8], &[u8])> = Some((b"ada", b"secret"));
    let asked = [&[5, 2, 1, 0][..], DONE].concat();
    for pieces in cuts(&asked) {
        let (sent, said) = talk(&name("a.test"), credentials, &pieces).expect("connected");
        assert_eq!(sent[0], [5, 2, 0, 2]);
        assert_eq!(sent[1], [&[1, 3][..], b"ada", &[6], b"secret"].concat());
        assert_eq!((sent.len(), said), (3, Some(Vec::new())));
    }
    let (sent, _) = talk(&name("a.test"), credentials, &[OPEN, DONE]).expect("connected");
    assert!(sent[1..].iter().all(|message| !message.windows(6).any(|part| part == b"secret")), "nobody asked");
    let (sent, _) = talk(&name("a.test"), Some((&[b'u'; 255], &[])), &[&[5, 2, 1, 0], DONE]).expect("connected");
    assert_eq!((sent[1].len(), sent[1][1], sent[1][257]), (258, 255, 0));
}

#[test]
fn every_reply_has_its_name() {
    use SocksReply::*;
    let named = [
        GeneralFailure,
        NotAllowed,
        NetworkUnreachable,
        HostUnreachable,
        ConnectionRefused,
        TtlExpired,
        CommandNotSupported,
        AddressTypeNotSupported,
    ];
    for code in 1..=255_u8 {
        let expected = named.get(usize::from(code) - 1).copied().unwrap_or(Unassigned(code));
        // At once: whether an address follows is not waited for.
        match talk(&name("a.test"), None, &[OPEN, &[5, code]]) {
            Err(ProxyFault::Socks(reply)) => assert_eq!(reply, expected),
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[test]
fn credentials_that_are_not_taken_are_named() {
    let credentials: Option<(&[u8], &[u8])> = Some((b"ada", b"wrong"));
    for (credentials, answers) in [
        (None, &[5, 0xff][..]),
        (credentials, &[5, 0xff]),
        (credentials, &[5, 2, 1, 1]),
        (credentials, &[5, 2, 1, 255]),
    ] {
        for pieces in cuts(answers) {
            let done = talk(&name("a.test"), credentials, &pieces);
            assert!(matches!(done, Err(ProxyFault::Authentication)), "{answers:?}: {done:?}");
        }
    }
}

#[test]
fn what_is_not_socks_is_refused() {
    let credentials: Option<(&[u8], &[u8])> = Some((b"ada", b"secret"));
    for (credentials, answers) in [
        (None, &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]),
        (None, &[4, 90, 0, 0, 0, 0, 0, 0]),
        (None, &[5, 1]),
        (None, &[5, 2]),
        (credentials, &[5, 2, 5, 0]),
        (None, &[5, 0, 4, 0, 0, 1, 1, 2, 3, 4, 0, 80]),
        (None, &[5, 0, 5, 0, 0, 2, 1, 2, 3, 4, 0, 80]),
        (None, &[5, 0, 5, 0, 0, 0, 1, 2, 3, 4, 0, 80]),
        (None, &[5, 0, 5, 0, 0, 255, 1, 2, 3, 4, 0, 80]),
    ] {
        for pieces in cuts(answers) {
            let done = talk(&name("a.test"), credentials, &pieces);
            assert!(matches!(done, Err(ProxyFault::Protocol(_))), "{answers:?}: {done:?}");
        }
    }
}

#[test]
fn names_have_at_most_255_bytes() {
    let longest = "n".repeat(255);
    let (sent, _) = talk(&name(&longest), None, &[OPEN]).expect("sent");
    assert_eq!((sent[1].len(), sent[1][4]), (4 + 1 + 255 + 2, 255));
    for length in [256, 1000] {
        let done = talk(&name(&"n".repeat(length)), None, &[]);
        assert!(matches!(done, Err(ProxyFault::NameTooLong(given)) if given == length), "{done:?}");
    }
}
