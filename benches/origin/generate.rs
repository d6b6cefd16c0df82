//! Pages like the Rust documentation's, from a seed alone: what the lab serves where no real pages are installed.

// Benches take this file by its path, so the path of the other is said.
#[path = "vocabulary.rs"]
mod vocabulary;

use std::fmt::Write;

use crate::random::Random;
use vocabulary::{MODULES, NAMES, WORDS};

/// `count` pages (at least 1), the same for the same seed and count on every machine.
pub(crate) fn pages(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    let sizes = sizes(&mut random, count);
    sizes.into_iter().enumerate().map(|(number, bytes)| page(&mut random, number, bytes).into_bytes()).collect()
}

/// How many bytes the pages of std, book, reference and cargo in the documentation of Rust 1.95.0 have, at every 32nd of the
/// 3,075 pages below 200 KiB: half of them under 8 KB, the mean at 28.5 KB. Two humps and a long tail, which no textbook
/// distribution has, and the tail is where the bytes are.
const SIZES: [f64; 33] = [
    328.0, 416.0, 480.0, 1278.0, 3576.0, 3742.0, 3803.0, 3913.0, 4120.0, 4285.0, 4392.0, 4439.0, 4585.0, 4803.0,
    5626.0, 6483.0, 7489.0, 9014.0, 13484.0, 20758.0, 20929.0, 21041.0, 23330.0, 26707.0, 31980.0, 35906.0, 39592.0,
    45298.0, 56050.0, 80783.0, 155995.0, 178096.0, 200597.0,
];

/// One size from every `count`-th part of the distribution, shuffled: a small set then has the mean of a large one.
fn sizes(random: &mut Random, count: usize) -> Vec<usize> {
    let parts = (SIZES.len() - 1) as f64;
    let mut sizes: Vec<usize> = (0..count)
        .map(|number| {
            let position = (number as f64 + 0.5) / count as f64 * parts;
            let (below, share) = (position as usize, position.fract());
            // Linear, not geometric, between the two: only then do two machines' floats certainly round alike.
            (SIZES[below] + (SIZES[below + 1] - SIZES[below]) * share) as usize
        })
        .collect();
    for last in (1..count).rev() {
        sizes.swap(last, random.below(last + 1));
    }
    sizes
}

/// One page of about `bytes` bytes.
pub(crate) fn page(random: &mut Random, number: usize, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 1024);
    if bytes < REDIRECTION_BYTES {
        write_redirection(&mut text, random, bytes);
        return text;
    }
    write_head(&mut text, random, number);
    let mut section = 0;
    while text.len() + FOOTER.len() + 100 < bytes {
        write_section(&mut text, random, section, bytes - FOOTER.len());
        section += 1;
    }
    text.push_str(FOOTER);
    text
}

/// Documentation has many pages that only lead elsewhere; what is smaller than this is one of them.
const REDIRECTION_BYTES: usize = 1200;

fn write_redirection(text: &mut String, random: &mut Random, bytes: usize) {
    let target = item_path(random);
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        text,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta http-equiv=\"refresh\" content=\"0;URL={target}\">\n<title>Redirection</title>\n\
         </head>\n<body>\n<p>Redirecting to <a href=\"{target}\">{target}</a>...</p>"
    );
    while text.len() + 100 < bytes {
        write_sentence(text, random);
    }
    let _ = writeln!(
        text,
        "<script>location.replace(\"{target}\" + location.search + location.hash);</script>\n</body>\n</html>"
    );
}

fn write_head(text: &mut String, random: &mut Random, number: usize) {
    let (module, name) = (random.pick(MODULES), random.pick(NAMES));
    let _ = write!(
        text,
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"generator\" content=\"gather-origin\"><title>{name} in std::{module} - page {number}</title>\
         <link rel=\"stylesheet\" href=\"../static/main.css\">"
    );
    // A few pages say that their links start elsewhere: a parser that overlooks it finds the right number of wrong links.
    if random.below(32) == 0 {
        let _ = write!(text, "<base href=\"/doc/{module}/\">");
    }
    let _ = write!(
        text,
        "<script>if(window.location.protocol!==\"file:\"){{document.title+=\" <a href='not-a-link.html'>\"}}</script>\
         <style>.docblock>p{{margin:.5em 0}}a[href^=\"http\"]{{color:#3873ad}}</style></head><body class=\"rustdoc\">\
         <!-- <a href=\"commented-out.html\">this is no link</a> --><nav class=\"sidebar\"><h2><a href=\"../index.html\">std</a></h2><ul>"
    );
    for _ in 0..4 + random.below(6) {
        let name = random.pick(NAMES);
        let _ = write!(text, "<li><a href=\"#method.{name}\" title=\"{name}\">{name}</a></li>");
    }
    let _ = writeln!(text, "</ul></nav><main><h1>Struct <span class=\"struct\">{name}</span></h1>");
}

/// One item with its declaration, its paragraphs and sometimes a table; a paragraph is not begun beyond `bytes`.
fn write_section(text: &mut String, random: &mut Random, section: usize, bytes: usize) {
    let (name, other) = (random.pick(NAMES), random.pick(NAMES));
    let (path, link) = (item_path(random), item_path(random));
    let _ = writeln!(
        text,
        "<section id=\"{name}.{section}\" class=\"method\"><a class=\"src rightside\" href=\"../../src/core/{name}.rs.html#{section}\">Source</a>\
         <h4 class=\"code-header\">pub fn <a href=\"#{name}.{section}\" class=\"fn\">{name}</a>&lt;T&gt;(&amp;mut self, {other}: \
         <a class=\"struct\" href=\"{path}\">Option</a>&lt;T&gt;) -&gt; <a class=\"enum\" href='{link}'>Result</a>&lt;()&gt;</h4></section>"
    );
    for _ in 0..1 + random.below(4) {
        if text.len() + 300 > bytes {
            return;
        }
        write_paragraph(text, random);
    }
    if random.below(6) == 0 && text.len() + 1200 < bytes {
        write_table(text, random);
    }
}

fn write_paragraph(text: &mut String, random: &mut Random) {
    text.push_str("<p>");
    write_sentence(text, random);
    let (name, path) = (random.pick(NAMES), item_path(random));
    let _ = match random.below(5) {
        0 => write!(
            text,
            "See <a href=\"https://doc.example.org/{name}/index.html?version=1.95&amp;lang=en#{name}\">the guide</a>. "
        ),
        1 => write!(text, "See <A HREF={path}>{name}</A>&nbsp;&mdash; and <code>{name}&lt;&#x27;a&gt;</code>. "),
        2 => write!(
            text,
            "<a id=\"{name}\"></a><pre class=\"rust\"><code>let x = {name}(&amp;y);\nassert_eq!(x, Some(\"caf\u{e9}\"));</code></pre>"
        ),
        _ => write!(text, "See <a href=\"{path}\" title=\"{name}\"><code>{name}</code></a>. "),
    };
    write_sentence(text, random);
    text.push_str("</p>\n");
}

fn write_table(text: &mut String, random: &mut Random) {
    text.push_str("<table><thead><tr><th>Item<th>Meaning</thead><tbody>\n");
    for _ in 0..3 + random.below(5) {
        let (name, path) = (random.pick(NAMES), item_path(random));
        let _ = write!(text, "<tr><td><a href=\"{path}\">{name}</a><td>");
        write_sentence(text, random);
        text.push('\n');
    }
    text.push_str("</tbody></table>\n");
}

fn write_sentence(text: &mut String, random: &mut Random) {
    for _ in 0..6 + random.below(14) {
        text.push_str(random.pick(WORDS));
        text.push(' ');
    }
    text.pop();
    text.push_str(". ");
}

/// Where an item's page is, as seen from another page.
fn item_path(random: &mut Random) -> String {
    let kind = random.pick(&["struct", "enum", "trait", "fn", "macro"]);
    format!("../{}/{kind}.{}.html", random.pick(MODULES), random.pick(NAMES))
}

const FOOTER: &str = "</main><footer><a href=\"../help.html\">Help</a> <a href=\"//example.org/terms\">Terms</a></footer></body></html>\n";
