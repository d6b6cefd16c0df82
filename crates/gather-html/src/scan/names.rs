//! Names of elements that the standard tells apart, as keys, in lists as it has them.

/// A name, whatever the case of its letters, as a number: FNV-1a. Two names that share one would have to be looked for,
/// and what they gain is that a page misleads about its own drawings.
pub(super) type Key = u64;

pub(super) const fn key(name: &[u8]) -> Key {
    let mut key = 0xCBF2_9CE4_8422_2325;
    let mut at = 0;
    while at < name.len() {
        key = (key ^ name[at].to_ascii_lowercase() as u64).wrapping_mul(0x0100_0000_01B3);
        at += 1;
    }
    key
}

/// The keys of names with a space between each two.
pub(super) const fn keys<const COUNT: usize>(names: &str) -> [Key; COUNT] {
    let mut keys = [0; COUNT];
    let mut rest = names.as_bytes();
    let mut count = 0;
    while !rest.is_empty() {
        let mut end = 0;
        while end < rest.len() && rest[end] != b' ' {
            end += 1;
        }
        let (name, after) = rest.split_at(end);
        keys[count] = key(name);
        count += 1;
        rest = if after.is_empty() { after } else { after.split_at(1).1 };
    }
    assert!(count == COUNT, "a list is as long as it says");
    keys
}

pub(super) const ANNOTATION: Key = key(b"annotation-xml");
pub(super) const BR: Key = key(b"br");
pub(super) const FONT: Key = key(b"font");
pub(super) const PARAGRAPH: Key = key(b"p");
pub(super) const TABLE: Key = key(b"table");
pub(super) const TEMPLATE: Key = key(b"template");

pub(super) const HTML_IN_SVG: [Key; 3] = keys("foreignobject desc title");
pub(super) const HTML_IN_MATHML: [Key; 5] = keys("mi mo mn ms mtext");
pub(super) const GLYPHS: [Key; 2] = keys("mglyph malignmark");

/// "Rules for parsing tokens in foreign content": the start tags that are always HTML.
pub(super) const LEAVES: [Key; 44] = keys(
    "\
    b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta \
    nobr ol p pre ruby s small span strong strike sub sup table tt u ul var",
);

/// End tags that close a drawing in which they were forgotten.
pub(super) const AROUND: [Key; 62] = keys(
    "\
    a address article aside b big blockquote button caption center code dd details dialog div dl dt em fieldset \
    figcaption figure font footer form h1 h2 h3 h4 h5 h6 header hgroup i label li main nav nobr ol option pre s \
    section select small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var",
);

/// What sets the "frameset-ok flag" to "not ok".
pub(super) const SHOWS: [Key; 25] = keys(
    "\
    applet area body br button dd dt embed hr iframe image img input keygen li listing marquee object plaintext pre \
    select table textarea wbr xmp",
);

pub(super) const VOID: [Key; 22] = keys(
    "\
    area base basefont bgsound body br col embed frame frameset head hr html image img input keygen link meta source \
    track wbr",
);

pub(super) const IN_TABLES: [Key; 8] = keys(
    "\
    caption colgroup tbody td tfoot th thead tr",
);

/// The start tags that end a paragraph.
pub(super) const ENDS_PARAGRAPH: [Key; 41] = keys(
    "\
    address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form \
    h1 h2 h3 h4 h5 h6 header hgroup hr li listing main menu nav ol p plaintext pre search section summary table ul \
    xmp",
);
