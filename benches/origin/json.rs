//! The answers of an API: documents of JSON that depend on their number alone, with everything a parser has to cope with.

use std::fmt::Write;

use crate::random::{Random, hash};

/// How many documents there are; each but the last links to the next.
pub(crate) const DOCUMENTS: u64 = 1000;

/// The most records in one of them.
pub(crate) const MOST_ITEMS: usize = 10_000;

/// Document `index`, below [`DOCUMENTS`], with `items` records.
pub(crate) fn document(index: u64, items: usize) -> Vec<u8> {
    // Writing to a String cannot fail, here and below.
    let mut text = String::with_capacity(200 + items * 360);
    let mut random = Random::new(hash([0, index, DOCUMENTS]));
    let _ = write!(text, "{{\"page\":{index},\"pages\":{DOCUMENTS},\"count\":{items},\"items\":[");
    for number in 0..items {
        if number > 0 {
            text.push(',');
        }
        write_record(&mut text, index * MOST_ITEMS as u64 + number as u64, &mut random);
    }
    let _ = match index + 1 {
        DOCUMENTS => write!(text, "],\"next\":null}}"),
        next => write!(text, "],\"next\":\"/json/{next}?items={items}\"}}"),
    };
    text.push('\n');
    text.into_bytes()
}

fn write_record(text: &mut String, id: u64, random: &mut Random) {
    let (name, city, note) = (random.pick(NAMES), random.pick(CITIES), random.pick(NOTES));
    let price = random.below(1_000_000) as f64 / 100.0;
    let score = (random.below(2_000_001) as f64 - 1e6) / 1e9;
    let (latitude, longitude) = (degrees(random, 90), degrees(random, 180));
    let (active, tags) = (random.below(2) == 0, random.below(TAGS.len()));
    let _ =
        write!(text, "{{\"id\":{id},\"name\":\"{name}\",\"price\":{price},\"score\":{score:e},\"active\":{active},");
    let _ = write!(text, "\"tags\":[{}],\"note\":{note},", TAGS[..tags].join(","));
    let _ = write!(text, "\"address\":{{\"city\":\"{city}\",\"place\":{{\"lat\":{latitude},\"lon\":{longitude}}}}},");
    let _ = write!(text, "\"self\":\"https:\\/\\/example.org\\/items\\/{id}?lang=en&full=1\"}}");
}

fn degrees(random: &mut Random, most: usize) -> f64 {
    // Whole steps of a hundred-thousandth, so that none is written with more digits than a map has.
    let most = most * 100_000;
    (random.below(2 * most + 1) as f64 - most as f64) / 100_000.0
}

// As they stand between the quotes: plain, in UTF-8 of two to four bytes, and with every kind of escape.
const NAMES: &[&str] = &[
    "Ada Lovelace",
    "Zo\\u00eb Kravitz",
    "Łukasz Żółć",
    "李小龍",
    "Ολυμπία \\\"Oly\\\" Παππά",
    "مريم ميرزاخاني",
    "Ferris \u{1f980}",
    "Ferris \\ud83e\\udd80",
    "C:\\\\Users\\\\ana",
    "<b>R&amp;D</b> \\u003cscript\\u003e",
];
const CITIES: &[&str] = &["København", "São Paulo", "東京", "Kyiv\\/Київ", "Reykjav\\u00edk", "Timbuktu"];
const NOTES: &[&str] =
    &["null", "\"\"", "\"first line\\nsecond line\\tand a tab\\r\\n\"", "\"\\b\\f\\u0000\\u001f\"", "[]", "{}"];
const TAGS: [&str; 4] = ["\"new\"", "\"größer\"", "\"a\\/b\"", "\"\""];
