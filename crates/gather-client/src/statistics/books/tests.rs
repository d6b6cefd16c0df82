//! What counting costs: nothing but the lock, once a host is known.

use std::time::Duration;

use gather_core::{FetchError, FetchErrorKind, Phase};
use http::{StatusCode, Uri};

use super::{Attempts, Books};
use crate::retry::RetryBudgets;

#[test]
fn counting_for_a_known_host_takes_no_allocation() {
    for most in [1_000, 0] {
        let books = Books::new(most);
        let (uri, budgets) = (Uri::from_static("http://one.test/a"), RetryBudgets::default());
        let error = FetchError::new(Phase::Head, FetchErrorKind::Interrupted);
        let count = || {
            let account = books.account(&uri, &budgets);
            account.began(Attempts::None);
            account.attempted();
            account.erred(&error);
            account.retried();
            account.answered(StatusCode::OK, Duration::from_millis(3));
            account.brought(10, 20);
            account.finished(Duration::from_millis(4), 10, 20);
        };
        let first = allocation_counter::measure(count).count_total;
        assert!(first > 0, "its account, if it has one, and the new kind of error");
        assert_eq!(allocation_counter::measure(count).count_total, 0);
        assert_eq!(books.snapshot().total().finished, 2);
    }
}
