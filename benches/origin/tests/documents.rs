//! Documents of JSON: what a real parser makes of them.

use std::collections::HashSet;

use serde_json::Value;

use super::support::Running;
use crate::json::{DOCUMENTS, document};

#[test]
fn a_document_is_json_with_as_many_records_as_asked_for() {
    let origin = Running::start();
    let mut client = origin.connect();
    for items in [0, 1, 20, 500] {
        let answer = client.get(&format!("/json/7?items={items}"));
        assert_eq!((answer.status(), answer.header("content-type")), ("200", Some("application/json")));
        let value: Value = serde_json::from_slice(&answer.body).expect("valid JSON");
        assert_eq!((value["page"].as_u64(), value["items"].as_array().map(Vec::len)), (Some(7), Some(items)));
        assert_eq!(value["next"], format!("/json/8?items={items}"));
    }
    assert!(client.get("/json/7").body == document(7, 20), "the default is twenty");
    assert!(client.get("/json/1007").body == document(7, 20), "there are a thousand");
}

#[test]
fn records_have_all_that_a_parser_must_cope_with() {
    let text = String::from_utf8(document(0, 500)).expect("UTF-8");
    for part in [
        "\\u00eb",
        "\\ud83e\\udd80",
        "\\\\",
        "\\\"",
        "\\/",
        "\\n",
        "\\b",
        "\\u0000",
        "e-",
        "李",
        "🦀",
        "null",
        "[]",
        "{}",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let value: Value = serde_json::from_str(&text).expect("valid JSON");
    for record in value["items"].as_array().expect("a list") {
        assert!(record["id"].is_u64() && record["name"].is_string() && record["active"].is_boolean(), "{record}");
        assert!(record["price"].is_number() && record["score"].as_f64().is_some_and(|score| score.abs() <= 1e-3));
        let place = &record["address"]["place"];
        assert!(place["lat"].as_f64().is_some_and(|lat| lat.abs() <= 90.0), "{record}");
        assert!(place["lon"].as_f64().is_some_and(|lon| lon.abs() <= 180.0), "{record}");
        assert!(record["tags"].as_array().is_some_and(|tags| tags.iter().all(Value::is_string)));
        assert_eq!(record["self"], format!("https://example.org/items/{}?lang=en&full=1", record["id"]));
    }
    let mean = text.len() / 500;
    assert!((200..360).contains(&mean), "a record has {mean} bytes");
}

#[test]
fn the_links_lead_through_all_documents_and_end() {
    let origin = Running::start();
    let mut client = origin.connect();
    let (mut next, mut ids, mut documents) = (Some("/json/0?items=2".to_owned()), HashSet::new(), 0);
    while let Some(target) = next {
        let value: Value = serde_json::from_slice(&client.get(&target).body).expect("valid JSON");
        ids.extend(value["items"].as_array().expect("a list").iter().map(|item| item["id"].as_u64().expect("an id")));
        next = value["next"].as_str().map(str::to_owned);
        documents += 1;
    }
    assert_eq!((documents, ids.len() as u64), (DOCUMENTS, DOCUMENTS * 2), "and no id is there twice");
}

#[test]
fn documents_stay_the_same_for_ever() {
    assert_eq!(String::from_utf8(document(999, 1)).expect("UTF-8"), EXPECTED);
}

const EXPECTED: &str = concat!(
    r#"{"page":999,"pages":1000,"count":1,"items":[{"id":9990000,"name":"مريم ميرزاخاني","price":2429.43,"score":2.34287e-4,"#,
    r#""active":false,"tags":[],"note":[],"address":{"city":"Reykjav\u00edk","place":{"lat":-88.30021,"lon":57.64835}},"#,
    r#""self":"https:\/\/example.org\/items\/9990000?lang=en&full=1"}],"next":null}"#,
    "\n",
);
