//! One look for each engine through the whole page: a colour for its runtime or client, a dash and a shape for the variant.

use std::collections::BTreeMap;

use super::markup::{Tag, tag};
use crate::definitions::{Engine, Family};
use crate::plan::{Entry, Planned};

/// The colours of Okabe and Ito, which people with any colour vision tell apart, yellow and black left out: yellow cannot be
/// seen on white, black not on black.
const COLOURS: usize = 6;
/// Solid, dashed, dotted, dash and dot.
const DASHES: usize = 4;

/// How every engine of a run looks.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    looks: BTreeMap<String, Look>,
}

/// How one engine looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    /// Its number on the page, for the script that picks one out.
    engine: usize,
    /// Nothing means grey: written by hand, to show what is possible.
    colour: Option<usize>,
    dash: usize,
}

impl Palette {
    /// In the order in which the plan names them.
    pub(crate) fn new(plan: &[Planned]) -> Palette {
        let mut palette = Palette::default();
        let mut runtimes: Vec<&str> = Vec::new();
        for entry in plan.iter().flat_map(|planned| &planned.cells).flat_map(|cell| &cell.entries) {
            if palette.looks.contains_key(base(entry)) {
                continue;
            }
            // Clients are told apart by what they are, all others by where they run.
            let Engine { family, client, runtime, .. } = &entry.engine;
            let runtime = if *family == Family::Client { client.as_str() } else { runtime.as_str() };
            let chosen = matches!(family, Family::Async | Family::Blocking | Family::Client) && runtime != "none";
            if chosen && !runtimes.contains(&runtime) {
                runtimes.push(runtime);
            }
            let colour = runtimes.iter().position(|known| chosen && *known == runtime).map(|place| place % COLOURS);
            let dash = palette.looks.values().filter(|look| look.colour == colour).count() % DASHES;
            let look = Look { engine: palette.looks.len(), colour, dash };
            palette.looks.insert(base(entry).to_owned(), look);
        }
        palette
    }

    /// A part of a chart that belongs to an engine.
    pub(crate) fn group(&self, label: &str) -> Tag {
        self.dress(tag("g"), label)
    }

    /// Marks an element as an engine's.
    pub(crate) fn dress(&self, element: Tag, label: &str) -> Tag {
        let look = self.look(label);
        let element = element.class(&classes(look));
        match look {
            Some(look) => element.set("data-e", look.engine),
            None => element,
        }
    }

    /// An engine's name; the style sheet puts a stroke of its line before it.
    pub(crate) fn chip(&self, label: &str) -> Tag {
        self.dress(tag("span"), label).text(label)
    }

    fn look(&self, label: &str) -> Option<Look> {
        self.looks.get(label).or_else(|| self.looks.get(label.strip_suffix(" (A/A)")?)).copied()
    }
}

/// The control looks like the reference, which it is.
fn base(entry: &Entry) -> &str {
    if entry.twin { entry.label.strip_suffix(" (A/A)").unwrap_or(&entry.label) } else { &entry.label }
}

fn classes(look: Option<Look>) -> String {
    match look {
        Some(Look { colour: Some(colour), dash, .. }) => format!("e c{colour} d{dash}"),
        Some(Look { colour: None, dash, .. }) => format!("e cn d{dash}"),
        None => "e cn".into(),
    }
}

/// A name that fits: its middle is what tells variants apart least.
pub(crate) fn shorten(name: &str, most: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= most {
        return name.to_owned();
    }
    let end = most / 3;
    let start: String = characters[..most - end - 1].iter().collect();
    let end: String = characters[characters.len() - end..].iter().collect();
    format!("{}…{end}", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("smol", 12), "smol");
        assert_eq!(shorten("tokio threads=2 cpus=0,1", 12), "tokio t…=0,1");
        assert_eq!(shorten("ééééééé", 3), "é…é");
    }

    #[test]
    fn a_name_that_is_not_planned_is_grey() {
        assert_eq!(Palette::default().group("x").to_string(), r#"<g class="e cn"></g>"#);
    }
}
