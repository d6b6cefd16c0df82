//! A budget for each origin: an outage of one takes no retries from the others.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Uri;
use url::Url;

use super::{InvalidBudget, RetryBudget};
use crate::origin::{origin_text, without_userinfo};

/// Which [`RetryBudget`] a request draws on: one for each origin, by default, or one for all. Clones share them.
///
/// Only so many origins are remembered. Beyond that the ones that nothing was asked of for longest are forgotten, and begin
/// with a full budget when they are met again; what is remembered is never less than half the number.
///
/// ```
/// use gather_client::{Url, retry::RetryBudgets};
///
/// let budgets = RetryBudgets::per_origin(10, 100, 1_000)?; // ten tokens each, a tenth back for each success
/// let (one, other) = (Url::parse("https://one.test/a")?, Url::parse("https://one.test:444/")?);
/// assert_eq!(budgets.of(&one).tokens(), 10.0);
/// assert_eq!(budgets.of(&other).tokens(), 10.0);
/// assert_eq!(budgets.origins(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RetryBudgets(Arc<Kind>);

enum Kind {
    One(RetryBudget),
    Each { model: RetryBudget, origins: Mutex<Origins> },
}

/// Two generations instead of an order of use: to be used costs an entry nothing while it is young, and one move when it has
/// become old.
struct Origins {
    young: HashMap<Box<str>, RetryBudget>,
    old: HashMap<Box<str>, RetryBudget>,
    /// The most in one generation.
    half: usize,
}

impl Default for RetryBudgets {
    /// One of the [default](RetryBudget::default) for each origin, and at most 4,096 origins: about half a megabyte.
    fn default() -> Self {
        RetryBudgets::each(RetryBudget::default(), 4_096)
    }
}

impl From<RetryBudget> for RetryBudgets {
    /// One for all.
    fn from(budget: RetryBudget) -> Self {
        RetryBudgets(Arc::new(Kind::One(budget)))
    }
}

impl RetryBudgets {
    /// One for each of at most `origins` origins, which is rounded up to an even number: a bucket of `tokens` that gets
    /// `thousandths` of a token back for each success, as in [`RetryBudget::new`].
    ///
    /// # Errors
    ///
    /// Those of [`RetryBudget::new`].
    pub fn per_origin(tokens: u32, thousandths: u32, origins: usize) -> Result<Self, InvalidBudget> {
        Ok(RetryBudgets::each(RetryBudget::new(tokens, thousandths)?, origins))
    }

    fn each(model: RetryBudget, origins: usize) -> Self {
        let origins = Origins { young: HashMap::new(), old: HashMap::new(), half: origins.div_ceil(2).max(1) };
        RetryBudgets(Arc::new(Kind::Each { model, origins: Mutex::new(origins) }))
    }

    /// The budget of requests to `url`: of its scheme, host and port.
    pub fn of(&self, url: &Url) -> RetryBudget {
        match &*self.0 {
            Kind::One(budget) => budget.clone(),
            Kind::Each { model, origins } if url.username().is_empty() && url.password().is_none() => {
                lock(origins).of(origin_text(url), model)
            }
            Kind::Each { model, origins } => lock(origins).of(origin_text(&without_userinfo(url.clone())), model),
        }
    }

    /// The same for an address that is written as a [`Url`] writes it.
    pub(crate) fn of_uri(&self, uri: &Uri) -> RetryBudget {
        match &*self.0 {
            Kind::One(budget) => budget.clone(),
            Kind::Each { model, origins } => {
                let (scheme, authority) = (uri.scheme_str().unwrap_or_default(), uri.authority());
                let origin = format!("{scheme}://{}", authority.map_or("", |authority| authority.as_str()));
                lock(origins).of(&origin, model)
            }
        }
    }

    /// How many origins are remembered: none where there is one budget for all.
    pub fn origins(&self) -> usize {
        match &*self.0 {
            Kind::One(_) => 0,
            Kind::Each { origins, .. } => {
                let origins = lock(origins);
                origins.young.len() + origins.old.len()
            }
        }
    }
}

impl Origins {
    fn of(&mut self, origin: &str, model: &RetryBudget) -> RetryBudget {
        if let Some(budget) = self.young.get(origin) {
            return budget.clone();
        }
        let (name, budget) = self.old.remove_entry(origin).unwrap_or_else(|| (origin.into(), model.another()));
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(name, budget.clone());
        budget
    }
}

fn lock(origins: &Mutex<Origins>) -> MutexGuard<'_, Origins> {
    origins.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for RetryBudgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Kind::One(budget) => f.debug_tuple("RetryBudgets").field(budget).finish(),
            Kind::Each { model, .. } => {
                f.debug_struct("RetryBudgets").field("each", model).field("origins", &self.origins()).finish()
            }
        }
    }
}
