//! Seeds that are written down: the grammar of each target once, and what is known to go wrong elsewhere.

pub(super) fn of(target: &str) -> Vec<Vec<u8>> {
    let seeds: &[&[u8]] = match target {
        "decoding" => &[b"\x00\x00\x00plain", b"\x01\x00\x00\x00\x1f\x8b\x08\0\0\0\0\0\0\xff\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0"],
        "charset" => &[
            b"\x00\x00\x03<!doctype html><meta charset=latin2><title>\xc8e\xb9tina</title>",
            b"\x00\x02\x01<meta http-equiv=content-type content='text/html; charset=\"koi8-r\"'>\xf0\xd2\xc9\xd7\xc5\xd4",
            b"\x05\x00\x02<?xml version='1.0' encoding='shift_jis'?><a>\x82\xa0</a>",
            b"\x03\x01\x01\xef\xbb\xbfmark \xd0\x9f",
            b"\x00\x00\x02\xff\xfea\0b\0\x3d\xd8",
            b"\x04\x00\x00a\0b\0c",
            b"\x03\x02\x01plain, then \xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
        ],
        "cookies" => &[
            b"\x01\x01\x00id=7; Domain=example.com; Max-Age=60\nb=2; Secure; HttpOnly; SameSite=Lax",
            b"\x01\x01\x01__Host-a=1; Secure; Path=/\n__Secure-b=2; Secure\n__host-c=3; Path=/; Domain=example.com",
            b"\x01\x05\x00evil=1; Domain=co.uk\nown=1; Domain=.co.uk\nx=; Path=/a; Expires=Wed, 01 Jan 2031 00:00:00 GMT",
            b"\x01\x02\x01SID=31d4; path=/; domain=www.example.com; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=99999999999",
            b"\x01\x00\x00a=1; Max-Age=-1\na\n=\n;\nb=\"q; Secure\"; domain=\"example.com\"",
            b"\x00\x00\x00{\"raw_cookie\":\"a=1; Path=/; Max-Age=60\",\"path\":[\"/\",true],\"domain\":{\"HostOnly\":\"example.com\"},\"expires\":{\"AtUtc\":\"2030-01-01T00:00:00Z\"}}\n",
        ],
        "fields" => &[
            b"\x00120\n\n7",
            b"\x00Sun, 06 Nov 2094 08:49:37 GMT\nSunday, 06-Nov-94 08:49:37 GMT\nSun Nov  6 08:49:37 1994",
            b"\x00-5\n99999999999999999999\n1e9\n+3",
            b"\x01Text/HTML; foo=bar; Charset=\"utf-8\"\n*/*, text/html; charset=gbk",
            b"\x01text/html;charset=\"a\\\"b;c\", text/plain\napplication/json;charset=",
            b"\x02gzip, br\nidentity,, deflate\nx-gzip, unheard-of",
        ],
        "caching" => &[
            b"\x00\x00\x00\x02cache-control: max-age=60\netag: \"a\"\n=etag: \"a\"\n=cache-control: max-age=90",
            b"\x01\x00\x00\x00>authorization: Bearer x\ncache-control: public, max-age=60\nvary: accept, cookie",
            b"\x00\x00\x00\x03>cookie: a=1\ncache-control: private, max-age=3600\nset-cookie: a=2\ndate: Fri, 15 Jan 2027 08:00:00 GMT",
            b"\x00\x00\x01\x01expires: Fri, 15 Jan 2027 09:00:00 GMT\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT\n=etag: \"b\"",
            b"\x01\x02\x02\x01cache-control: NO-STORE, s-maxage=5\nage: 99999999999\nconnection: x-hop\nx-hop: 1\nvary: *",
        ],
        "disk_entry" => &[
            b"\x01\x00\x10\x01http://example.com/\n200 1800000000\n0000000000000000000000000000000000000000000000000000000000000000\ncontent-type:text/html\netag:\"a\"\n\nthe body\nof two lines",
            b"\x01\x00\x50\x80http://example.com/other\n200 18446744073709551615\n00\n\n",
            b"\x00\x00\x00\x01gather-cache 1 0000000000000000000000000000000000000000000000000000000000000000\nhttp://example.com/\n",
        ],
        "addresses" => &[
            b"https://user:longsecret@example.com:8443/a/b?c#d\n../e?f",
            b"http://example.com/\n//evil.test\\@example.com/",
            b"http://0x7f.1/\nhttp:\\\\2130706433\\",
            b"http://example.com/\njavascript:alert(1)",
            b"http://[::1]/\nhttp://user:longsecret@xn--zca.test:80/%zz\x80",
        ],
        "redirects" => &[
            b"\x05\x00\x01\x00\x01\x00\x01\x01\x01\x02\x01\x02\x04\x03\x03\x01\x00",
            b"\x0a\x00\x01\x03\x01\x06\x04\x01\x00\x00\x00\x03\x00\x01\x0fhttp://one.test:80/back\n\x01\x01\x01",
            b"\x0b\x01\x02\x00\x01\x03\x00\x01\x04\x00\x01\x07\x00\x01\x09",
        ],
        "client" => &[
            b"\x01\x03\x00\n\n\x01\x04\x84Domain=one.test\ncontent-type: text/html\n\nhello\n\x00\x00\x00\n",
            b"\x01\x01\x83Domain=one.test; Secure\n\n\n\x04\x02\x84\n\n\n\x02\x05\x05\n\n\x00\x09\x00cache-control: max-age=60\n\nbody\n",
            b"\x03\x00\x00retry-after: 7\n\nbusy\n\x06\x00\x00retry-after: Fri, 15 Jan 2027 08:00:05 GMT\n\n\n\x00\x05\x00content-encoding: gzip\n\nnot gzip\n",
            b"\x01\x01\x0bhttp://one.test:80/back?\n\n\n\x01\x01\x0bhttps://two.test/x\n\n\n\x01\x01\x0bhttp://one.test/y\n\n\n",
        ],
        "html" => &[
            b"\x00\x03\x00<base href=/x/><p>See <a href='b?x=1&amp;y=2'>this</a><a href=//two.test/>and</a>",
            b"\x02\x01\x01<template><a href=no></a></template><svg><a href=svg></svg><!-- <a href=no> --><script><a href=no></script>",
            b"\x03\x02\x00\0<\0a\0 \0h\0r\0e\0f\0=\0x\0>",
            b"\x01\x00\x00<a href=\"\xef\xbb\xbfmark\">\r\n<a href='\0'><a href=\"&#x26;&notit;&amp\">",
        ],
        "tokenizer" => &[
            b"\x00\x00\x00<a href=x HREF='y' b=\"<a>\" c = d/ e/f=g/><!-- <a> --!><b/c=/></B d='>' >< a></ a></>",
            b"\x00\x01\x01<![CDATA[<a>]]]><b>]]><![CDATA[]]><![cdata[x]]><!doctype a \"b>\" '>c><?d><!e-->",
            b"\x01\x02\x00<a></titl></titlex></TITLE a='>'><title/>&amp;</title ><style></style/></style>",
            b"\x03\x03\x00<!--<script></script></script><!--><script><!-- <script/--></script>a<!-- --></SCRIPT>",
            b"\x00\x05\x00<script><!-<!--<scrip<script <script>--></script x><plaintext></plaintext>",
            b"\x05\x00\x00a]]b]]]]>c<![CDATA[d",
            b"\x00\x00\x00<!--><a><!---><b><!--a--b--><c><!--!><d>--!><!---!><e>--><!----!><f><!-- <!-- --><g>",
            b"\x00\x02\x00<a =b==c ='d' e=>\x00<f\x00g\x00=\x00>\r\n<h i=\"&notit;&not;&copy=&#x80;&#0\"j>",
        ],
        "json" => &[
            b"\x00\x02{\"a\": [1, -2.5e3, \"\\u00e9\\ud83d\\ude00\", null, true]}",
            b"\x00\x00\xef\xbb\xbf[]",
            b"\x02\x01[\"\xe9\"]",
            b"\x03\x01[\0]\0",
            b"\x00\x01[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        ],
        _ => &[],
    };
    seeds.iter().map(|seed| seed.to_vec()).collect()
}
