//! Guessing an encoding from the bytes.

use std::fmt;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::{Charset, CharsetSource, Declared};

/// A detector at work on one document.
///
/// UTF-8 may be guessed, though browsers do not, so as not to teach authors to leave it out: a program that reads pages
/// wants their text. ISO-2022-JP may not, because bytes that look like ASCII would change their meaning.
pub(crate) struct Detection(Box<EncodingDetector>);

impl Detection {
    pub(crate) fn new() -> Self {
        Detection(Box::new(EncodingDetector::new(Iso2022JpDetection::Deny)))
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(bytes, false);
    }

    /// The guess. `ended` says that the document is over, and so that a character cut off at its end is a fault.
    pub(crate) fn guess(mut self, declared: &Declared, ended: bool) -> Charset {
        if ended {
            self.0.feed(&[], true);
        }
        let encoding = self.0.guess(declared.domain().map(str::as_bytes), Utf8Detection::Allow);
        Charset { encoding, source: CharsetSource::Detected }
    }
}

impl fmt::Debug for Detection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Detection")
    }
}
