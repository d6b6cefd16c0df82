//! Which links there are, and which are asked for.

use std::fmt;
use std::ops::BitOr;

/// What a link is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LinkKind {
    /// `<a href>`, those inside of drawings included.
    Anchor,
    /// `<area href>`.
    Area,
    /// `<base href>`.
    Base,
    /// `<form action>`.
    Form,
    /// `<iframe src>`.
    Frame,
    /// `<img src>` and each address of an `<img srcset>`.
    Image,
    /// `<link href>`.
    Link,
    /// `<meta http-equiv=refresh>` with an address.
    Refresh,
    /// `<script src>`.
    Script,
    /// `<source src>` and each address of a `<source srcset>`.
    Source,
}

/// A set of [`LinkKind`]s.
///
/// ```
/// use gather_html::{Kinds, LinkKind};
///
/// let kinds = Kinds::ANCHORS | LinkKind::Area;
/// assert!(kinds.contains(LinkKind::Area) && !kinds.contains(LinkKind::Image));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    /// All of them.
    pub const ALL: Kinds = Kinds(u16::MAX);
    /// `<a href>` alone.
    pub const ANCHORS: Kinds = Kinds(1 << LinkKind::Anchor as u16);

    /// Whether `kind` is one of them.
    #[inline]
    pub const fn contains(self, kind: LinkKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}

impl BitOr<LinkKind> for Kinds {
    type Output = Kinds;

    fn bitor(self, kind: LinkKind) -> Kinds {
        Kinds(self.0 | (1 << kind as u16))
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use LinkKind::{Anchor, Area, Base, Form, Frame, Image, Link, Refresh, Script, Source};
        let kinds = [Anchor, Area, Base, Form, Frame, Image, Link, Refresh, Script, Source];
        f.debug_set().entries(kinds.iter().filter(|kind| self.contains(**kind))).finish()
    }
}
