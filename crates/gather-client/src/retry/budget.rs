//! Retries as a share of what succeeds, so that an outage is not multiplied by everybody who retries.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A token bucket for retries, shared by its clones: the throttling of gRPC (proposal A6, "Throttling Retry Attempts and
/// Hedged RPCs").
///
/// It starts full. A failure takes one token, a success gives back a fraction, and there are retries only while it is
/// more than half full. Share one among requests whose failures have the same cause: those to one host, or to one
/// service. Requests to unrelated hosts had better have one each, which is what [`RetryBudgets`](super::RetryBudgets) is for.
///
/// ```
/// use gather_client::retry::RetryBudget;
///
/// let budget = RetryBudget::new(10, 100)?; // ten tokens, a tenth back for each success
/// assert_eq!(budget.tokens(), 10.0);
/// # Ok::<(), gather_client::retry::InvalidBudget>(())
/// ```
#[derive(Debug, Clone)]
pub struct RetryBudget(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    /// Thousandths of a token.
    level: AtomicU32,
    full: u32,
    per_success: u32,
}

const TOKEN: u32 = 1_000;

impl Default for RetryBudget {
    /// 100 tokens, a tenth of one back for each success.
    fn default() -> Self {
        RetryBudget::filled(100, 100)
    }
}

impl RetryBudget {
    /// A full bucket of `tokens`, from 1 to 1,000, that gets `thousandths` of a token back for each success, at least 1.
    ///
    /// # Errors
    ///
    /// When a number is out of its range, which is that of the proposal.
    pub fn new(tokens: u32, thousandths: u32) -> Result<Self, InvalidBudget> {
        if !(1..=1_000).contains(&tokens) || thousandths == 0 {
            return Err(InvalidBudget { tokens, thousandths });
        }
        Ok(RetryBudget::filled(tokens, thousandths))
    }

    fn filled(tokens: u32, thousandths: u32) -> Self {
        let full = tokens * TOKEN;
        RetryBudget(Arc::new(Bucket { level: AtomicU32::new(full), full, per_success: thousandths }))
    }

    /// A full one of the same size, of its own.
    pub(super) fn another(&self) -> Self {
        let Bucket { full, per_success, .. } = *self.0;
        RetryBudget(Arc::new(Bucket { level: AtomicU32::new(full), full, per_success }))
    }

    /// How many tokens are left.
    pub fn tokens(&self) -> f64 {
        f64::from(self.0.level.load(Ordering::Relaxed)) / f64::from(TOKEN)
    }

    pub(crate) fn succeeded(&self) {
        let Bucket { full, per_success, .. } = *self.0;
        // As it nearly always is: then nothing is written, which others would have to read anew.
        if self.0.level.load(Ordering::Relaxed) == full {
            return;
        }
        self.0.change(|level| level.saturating_add(per_success).min(full));
    }

    /// Takes a token, and says whether there may be a retry.
    pub(super) fn failed(&self) -> bool {
        self.0.change(|level| level.saturating_sub(TOKEN)) > self.0.full / 2
    }
}

impl Bucket {
    /// The level after `change`. It guards no other memory, hence the relaxed order.
    fn change(&self, change: impl Fn(u32) -> u32) -> u32 {
        let update = self.level.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |level| Some(change(level)));
        change(update.unwrap_or_else(|unchanged| unchanged))
    }
}

/// Numbers that make no [`RetryBudget`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidBudget {
    tokens: u32,
    thousandths: u32,
}

impl fmt::Display for InvalidBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InvalidBudget { tokens, thousandths } = self;
        write!(f, "expected 1 to 1000 tokens and at least 1 thousandth back, got {tokens} and {thousandths}")
    }
}

impl std::error::Error for InvalidBudget {}
