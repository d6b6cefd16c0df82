//! A base whose parts are known, and what references on it become by copying.

use url::{Position, Url};

use super::Plain;
use super::plain::{Marks, has_colon_first, is_plain_path};
use crate::block::SHORT;

/// An `http` or `https` base, and where its parts end.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Without its fragment, but with as much behind it as lets its beginnings be copied with a fixed length.
    text: String,
    end: usize,
    origin: usize,
    path: usize,
    /// Where the folders of its path end, the innermost first: after each slash. Above the outermost there is nothing but
    /// itself. Of a path that has more of them these are the first.
    folders: [usize; FOLDERS],
}

/// As many as any page has, and few for one that has megabytes of slashes. More than a short reference can go up.
const FOLDERS: usize = SHORT / 2;

impl Known {
    pub(super) fn of(base: &Url) -> Self {
        let (origin, path) = (base[..Position::BeforePath].len(), base[..Position::AfterPath].len());
        let mut text = base[..Position::AfterQuery].to_owned();
        let end = text.len();
        // The path begins with a slash, so there is one at least.
        let mut folders = [origin + 1; FOLDERS];
        for (folder, (slash, _)) in folders.iter_mut().zip(text[origin..path].rmatch_indices('/')) {
            *folder = origin + slash + 1;
        }
        text.extend([' '; SHORT]);
        Known { text, end, origin, path, folders }
    }

    /// The base, and something behind it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the innermost folder ends.
    pub(super) fn folder(&self) -> usize {
        self.folders[0]
    }

    /// Takes a reference whose marks say all that there is to know, by the byte that it begins with.
    #[inline(always)]
    pub(super) fn at_first_sight(&self, marks: Marks, first: Option<&u8>) -> Option<Plain> {
        let above = marks.folders_up();
        let skip = 3 * above;
        if !marks.after(skip).are_plain() | marks.begins_with_two_slashes() {
            return None;
        }
        let keep = match first {
            None | Some(b'#') => self.end,
            Some(b'?') => self.path,
            Some(b'/') => self.origin,
            Some(_) => self.folders[above],
        };
        Some(Plain::Joined { keep, skip })
    }

    /// The same of any other, part by part.
    pub(super) fn in_parts(&self, reference: &[u8]) -> Option<Plain> {
        let mut rest = reference;
        let keep = match reference {
            [] | [b'#', ..] => self.end,
            [b'?', ..] => self.path,
            [b'/', b'/', ..] => return None,
            [b'/', ..] => self.origin,
            bytes if has_colon_first(bytes) => return None,
            _ => {
                let mut above = 0;
                while let Some(after) = rest.strip_prefix(b"../") {
                    rest = after;
                    above += 1;
                }
                *self.folders.get(above)?
            }
        };
        is_plain_path(rest).then_some(Plain::Joined { keep, skip: reference.len() - rest.len() })
    }
}
