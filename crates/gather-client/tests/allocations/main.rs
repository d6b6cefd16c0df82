//! What is looked up for each request takes no allocation once it is known. A binary of its own, since counting takes an
//! allocator of its own.

use allocation_counter::measure;
use gather_client::Url;
use gather_client::cache::{AsyncStore as _, Key, MemoryStore};
use gather_client::retry::RetryBudgets;

fn of(work: impl FnMut()) -> u64 {
    measure(work).count_total
}

#[test]
fn a_known_origins_budget_takes_no_allocation() {
    let budgets = RetryBudgets::default();
    let url = Url::parse("http://one.test/a").expect("an address");
    assert!(of(|| drop(budgets.of(&url))) > 0, "it is made once");
    assert_eq!(of(|| drop(budgets.of(&url))), 0);
}

#[test]
fn what_memory_says_takes_no_allocation() {
    let store = MemoryStore::default();
    let key = Key::of(&gather_core::get("http://one.test/").expect("an address"));
    let ask = || {
        assert_eq!(store.get(&key).try_now().expect("known at once").expect("no error"), None);
        store.remove(&key).try_now().expect("known at once").expect("no error");
    };
    assert_eq!(of(ask), 0);
}
