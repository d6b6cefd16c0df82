//! Retry budgets: a host that fails takes the retries of no other.

use std::time::{Duration, SystemTime};

use gather_client::retry::{Retries, RetryBudget, RetryBudgets, RetryPolicy};
use gather_client::{ClientBuilder, Url};
use gather_conformance::simulated::Script;
use gather_core::http::{HeaderMap, Method, StatusCode};
use gather_core::{Request, get};

use crate::{builder, talk};

/// How often each host was asked for one page, after another one has failed thirty times.
fn attempts_after_an_outage(settings: ClientBuilder) -> [usize; 3] {
    let answer = |_: &Request| Script::new().status(StatusCode::SERVICE_UNAVAILABLE);
    let seen = talk(settings, answer, async |client, _| {
        for _ in 0..30 {
            client.send(get("http://bad.test/").unwrap()).await.unwrap();
        }
        for url in ["http://bad.test/", "http://good.test/", "http://bad.test:81/"] {
            client.send(get(format!("{url}again")).unwrap()).await.unwrap();
        }
    });
    ["bad.test", "good.test", "bad.test:81"].map(|authority| {
        let again = seen.iter().filter(|request| request.uri().path() == "/again");
        again.filter(|request| request.uri().authority().unwrap().as_str() == authority).count()
    })
}

#[test]
fn a_failing_host_does_not_eat_the_budget_of_others() {
    let each = RetryBudgets::per_origin(10, 100, 100).unwrap();
    assert_eq!(attempts_after_an_outage(builder().retry_budget(each)), [1, 3, 3]);
    let one = RetryBudget::new(10, 100).unwrap();
    assert_eq!(
        attempts_after_an_outage(builder().retry_budget(one)),
        [1, 1, 1],
        "one for all, where that is asked for"
    );
}

#[test]
fn clients_that_are_given_clones_share_their_budgets() {
    let budgets = RetryBudgets::per_origin(10, 100, 100).unwrap();
    attempts_after_an_outage(builder().retry_budget(budgets.clone()));
    let tokens = ["bad.test", "good.test", "new.test"].map(|host| budget_of(&budgets, host).tokens());
    assert_eq!(tokens, [0.0, 7.0, 10.0]);
}

fn budget_of(budgets: &RetryBudgets, host: &str) -> RetryBudget {
    budgets.of(&Url::parse(&format!("http://{host}/")).unwrap())
}

#[test]
fn only_so_many_origins_are_remembered_and_the_latest_are() {
    let budgets = RetryBudgets::per_origin(10, 100, 20).unwrap();
    for host in ["often.test", "once.test"] {
        let mut retries = Retries::new(RetryPolicy::default(), budget_of(&budgets, host), &Method::GET, 1);
        let busy = StatusCode::SERVICE_UNAVAILABLE;
        let _ = retries.after_status(busy, &HeaderMap::new(), Duration::ZERO, SystemTime::UNIX_EPOCH);
        assert_eq!(budget_of(&budgets, host).tokens(), 9.0);
    }
    for number in 0..1_000 {
        drop(budget_of(&budgets, &format!("host{number}.test")));
        assert_eq!(budget_of(&budgets, "often.test").tokens(), 9.0, "what is used is remembered");
        assert!(budgets.origins() <= 20);
    }
    assert_eq!(budget_of(&budgets, "once.test").tokens(), 10.0, "forgotten, and full again");
}

#[test]
fn a_budget_goes_by_scheme_host_and_port() {
    let budgets = RetryBudgets::default();
    for (urls, origins) in [
        (&["http://a.test/", "http://A.TEST:80/x?y#z", "http://user:secret@a.test/"][..], 1),
        (&["https://a.test/", "http://a.test:81/", "http://b.test/"], 4),
        (&["http://127.0.0.1/", "http://2130706433/"], 5),
    ] {
        urls.iter().for_each(|url| drop(budgets.of(&Url::parse(url).unwrap())));
        assert_eq!(budgets.origins(), origins, "{urls:?}");
    }
    assert_eq!(RetryBudgets::from(RetryBudget::default()).origins(), 0);
    assert!(RetryBudgets::per_origin(0, 100, 1).is_err());
}
