//! Generated pages: the same for ever, and of the sizes of real ones.

use crate::generate::pages;
use crate::random::Random;

#[test]
fn pages_depend_on_the_seed_alone() {
    let first = pages(1, 50);
    assert!(first == pages(1, 50));
    assert!(first != pages(2, 50));
}

#[test]
fn sizes_are_those_of_the_rust_documentation() {
    for count in [100, 615] {
        let mut sizes: Vec<usize> = pages(1, count).iter().map(Vec::len).collect();
        sizes.sort_unstable();
        let mean = sizes.iter().sum::<usize>() / count;
        assert!((27_000..31_000).contains(&mean), "the mean of {count} is {mean}");
        assert!((6_500..8_500).contains(&sizes[count / 2]), "the median of {count} is {}", sizes[count / 2]);
        assert!(
            sizes[0] < 800 && (150_000..210_000).contains(&sizes[count - 1]),
            "from {} to {}",
            sizes[0],
            sizes[count - 1]
        );
    }
    assert_eq!(pages(1, 1).len(), 1);
}

#[test]
fn pages_are_documents_with_links_of_every_kind() {
    let text = String::from_utf8(pages(1, 100).concat()).expect("generated pages are UTF-8");
    for wanted in [
        "<a href=\"../",
        "<a href=\"#",
        "<a href=\"https://",
        "<A HREF=../",
        "href='",
        "<!--",
        "<script>",
        "&lt;",
        "&amp;lang",
        "<base href",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    // Real documentation has one link in 190 to 215 bytes, by how one counts.
    let links = text.to_ascii_lowercase().matches("<a ").count();
    assert!((150..300).contains(&(text.len() / links)), "a link in {} bytes", text.len() / links);
}

#[test]
fn the_random_numbers_are_splitmix64() {
    // From the reference implementation (Vigna, splitmix64.c) with the seed 1234567.
    let mut random = Random::new(1_234_567);
    assert_eq!(
        [random.next(), random.next(), random.next()],
        [6457827717110365317, 3203168211198807973, 9817491932198370423]
    );
}
