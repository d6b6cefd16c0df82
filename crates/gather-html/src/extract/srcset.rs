//! The addresses in a `srcset`.

/// The address of each image candidate, in order, by the standard's [parsing of a srcset
/// attribute](https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute). Descriptors are passed
/// over and not judged: a candidate that a browser would not choose is linked to all the same.
pub(super) fn addresses(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|character| is_space(character) || character == ',');
        if rest.is_empty() {
            return None;
        }
        let (address, after) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
        let trimmed = address.trim_end_matches(',');
        // A comma right behind the address says that there are no descriptors.
        rest = if trimmed.len() < address.len() { after } else { after_descriptors(after) };
        Some(trimmed)
    })
}

/// What follows the comma that ends the descriptors; one in parentheses does not.
fn after_descriptors(text: &str) -> &str {
    let mut is_in_parentheses = false;
    let end = text.bytes().position(|byte| {
        match byte {
            b'(' => is_in_parentheses = true,
            b')' => is_in_parentheses = false,
            _ => {}
        }
        byte == b',' && !is_in_parentheses
    });
    end.map_or("", |comma| &text[comma + 1..])
}

fn is_space(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0C' | '\r' | ' ')
}
