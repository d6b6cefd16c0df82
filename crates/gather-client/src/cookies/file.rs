//! Cookies in a file: one JSON object a line, in the format of the `cookie_store` crate.

use std::io::{self, BufRead, Write};
use std::time::SystemTime;

use cookie_store::{Cookie, CookieDomain};
use url::Url;

use super::{Jar, is_public_suffix};

/// What [`Jar::load`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Cookies that are in the jar now.
    pub loaded: usize,
    /// Cookies that have expired.
    pub expired: usize,
    /// Lines that are not in the jar although they have not expired. The first hundred.
    pub refused: Vec<Refused>,
}

/// A line that is no cookie the jar takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it; never its value.
    pub why: String,
}

const MAX_REFUSED: usize = 100;

impl Jar {
    /// Writes the cookies that have a date at which they expire, and have not; those without last as long as the jar.
    ///
    /// The file holds secrets: whoever reads it is logged in. Write it where only its owner can, and rename it into place.
    ///
    /// # Errors
    ///
    /// When writing fails.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use gather_client::cookies::Jar;
    /// # use gather_client::Url;
    /// # use gather_core::http::{HeaderMap, HeaderValue, header::SET_COOKIE};
    /// # let (jar, now) = (Jar::default(), SystemTime::UNIX_EPOCH);
    /// # let answer = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("id=7; Max-Age=60"))]);
    /// # jar.store(&Url::parse("http://example.com/")?, &answer, now);
    /// let mut file = Vec::new();
    /// jar.save(&mut file, now)?;
    /// let later = Jar::default();
    /// assert_eq!(later.load(file.as_slice(), now)?.loaded, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save(&self, mut writer: impl Write, now: SystemTime) -> io::Result<()> {
        for cookie in self.lock().persistent(now) {
            let line = serde_json::to_string(cookie).map_err(io::Error::other)?;
            writeln!(writer, "{line}")?;
        }
        Ok(())
    }

    /// Adds the cookies of a file. What is wrong with a line costs that line and no other.
    ///
    /// Each is held to the jar's limits, and none is taken for a public suffix. No more is read than the jar has room
    /// for.
    ///
    /// # Errors
    ///
    /// When reading fails. What was read until then is in the jar.
    pub fn load(&self, reader: impl BufRead, now: SystemTime) -> io::Result<LoadReport> {
        let mut report = LoadReport::default();
        // Name and value can grow sixfold in JSON; domain, path and date fit in the rest.
        let line_limit = self.limits.bytes.saturating_mul(6).saturating_add(16_384);
        let room = line_limit.saturating_mul(self.limits.total.saturating_add(1));
        for (number, line) in reader.take(room as u64).split(b'\n').enumerate() {
            let line = line?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match self.load_line(&line, now) {
                Ok(true) => report.loaded += 1,
                Ok(false) => report.expired += 1,
                Err(why) if report.refused.len() < MAX_REFUSED => {
                    report.refused.push(Refused { line: number + 1, why });
                }
                Err(_) => {}
            }
        }
        Ok(report)
    }

    /// Whether the cookie of this line is in the jar now; if not, it has expired.
    fn load_line(&self, line: &[u8], now: SystemTime) -> Result<bool, String> {
        let cookie: Cookie<'static> =
            serde_json::from_slice(line).map_err(|error| format!("not a cookie, at column {}", error.column()))?;
        if cookie.name().len() + cookie.value().len() > self.limits.bytes {
            return Err(format!("larger than the limit of {} bytes", self.limits.bytes));
        }
        // What a header can have is what was saved: tabs, and characters beyond ASCII (RFC 6265bis section 5.6, step 1).
        let is_control = |char: char| char.is_ascii_control() && char != '\t';
        if cookie.name().is_empty() || cookie.name().chars().chain(cookie.value().chars()).any(is_control) {
            return Err("without a name, or with control characters".to_owned());
        }
        let host = match &cookie.domain {
            CookieDomain::HostOnly(host) => host,
            CookieDomain::Suffix(domain) if !is_public_suffix(domain) => domain,
            CookieDomain::Suffix(_) => return Err("for a public suffix".to_owned()),
            CookieDomain::NotPresent | CookieDomain::Empty => return Err("for no domain".to_owned()),
        };
        let url = Url::parse(&format!("https://{host}/")).map_err(|_| "for no host".to_owned())?;
        if url.host_str() != Some(host.as_str()) || !cookie.path.as_ref().starts_with('/') {
            return Err("for no host, or no path".to_owned());
        }
        if cookie.expires_by(&super::set_cookie::moment(now)) {
            return Ok(false);
        }
        self.lock().put(cookie, &url, now, &self.limits).map_err(|why| why.to_string())?;
        Ok(true)
    }
}
