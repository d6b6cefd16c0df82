//! Pages of exactly so many bytes, for workloads where the size of a page must not vary.

use std::fmt::Write;

/// The largest page of a chosen size.
pub(crate) const MOST_BYTES: usize = 64 << 20;

/// Valid HTML of exactly `bytes` bytes, with a link of each kind in every paragraph; what is too short for that is plain text.
pub(crate) fn body(bytes: usize) -> Vec<u8> {
    let mut text = String::with_capacity(bytes);
    if bytes >= OPENING.len() + SHORTEST_END.len() {
        text.push_str(OPENING);
        let mut paragraph = String::new();
        for number in 0.. {
            paragraph.clear();
            write_paragraph(&mut paragraph, number);
            if text.len() + paragraph.len() + SHORTEST_END.len() > bytes {
                break;
            }
            text.push_str(&paragraph);
        }
        text.push_str("<p>");
    }
    text.extend("so on and ".chars().cycle().take(bytes - text.len()));
    text.into_bytes()
}

// The end tags of p, body and html may be left out in HTML, so a page can be cut to size anywhere in its last text.
const OPENING: &str = "<!doctype html><html lang=\"en\"><title>A page</title>\n";
const SHORTEST_END: &str = "<p>";

fn write_paragraph(text: &mut String, number: u64) {
    let previous = number / 2;
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "<h2 id=\"part-{number}\">Part {number}</h2>\n<p>This part of the page follows <a href=\"#part-{previous}\">part {previous}</a> \
         &amp; is told in full by <a href=\"../page/{number}?of=fixed&amp;part={number}\">page {number}</a>; what \
         <a href=\"https://example.org/parts/{number}.html\" title=\"elsewhere\">others</a> say about it is &lt;elsewhere&gt;.</p>\n"
    );
}
