//! A plan as JSON and back: the header of the results holds it, and reports, resumed runs and comparisons start from there.

use serde_json::{Value, json};

use super::{Cell, Entry, Planned, Share};
use crate::answer::ANSWER;
use crate::compile::workspace_root;
use crate::definitions::{Engine, Family, Figures, InFlight, LimitKind, ProcessUse, Published, Server};
use crate::metric::Metric;
use crate::names;

/// The plan for the header.
pub(crate) fn to_json(plan: &[Planned]) -> Value {
    plan.iter().map(planned_to_json).collect()
}

/// The plan of a header; the message names what is missing.
pub(crate) fn from_json(value: &Value) -> Result<Vec<Planned>, String> {
    list(value, "plan")?.iter().map(planned_from_json).collect()
}

fn planned_to_json(planned: &Planned) -> Value {
    json!({
        "workload": planned.name, "class": planned.class, "question": planned.question,
        "expectation": planned.expectation, "analysis": planned.analysis, "reference": planned.reference,
        "delta": planned.delta, "time_limit_s": planned.time_limit_s, "threads": planned.threads, "cpus": planned.cpus,
        "limits": planned.limits.iter().map(|limit| names::name(&LimitKind::NAMES, *limit)).collect::<Vec<_>>(),
        "published": planned.published.iter().map(published_to_json).collect::<Vec<_>>(),
        "against": planned.against, "server": names::name(&Server::NAMES, planned.server),
        "columns": planned.columns, "cells": planned.cells.iter().map(cell_to_json).collect::<Vec<_>>(),
    })
}

fn planned_from_json(value: &Value) -> Result<Planned, String> {
    let texts =
        |key| list(field(value, key)?, key)?.iter().map(|item| as_text(item, key)).collect::<Result<Vec<_>, _>>();
    Ok(Planned {
        name: text(value, "workload")?,
        class: text(value, "class")?,
        question: text(value, "question")?,
        expectation: text(value, "expectation")?,
        analysis: text(value, "analysis")?,
        reference: text(value, "reference")?,
        delta: field(value, "delta")?.as_f64().ok_or("`delta` is not a number")?,
        time_limit_s: whole(value, "time_limit_s")?,
        threads: whole(value, "threads")?,
        cpus: wholes(value, "cpus")?,
        limits: texts("limits")?.iter().map(|name| named(&LimitKind::NAMES, name)).collect::<Result<_, _>>()?,
        columns: texts("columns")?,
        // Keys that files of the first months do not have.
        against: if value.get("against").is_some() { texts("against")? } else { Vec::new() },
        server: match value.get("server") {
            Some(server) => named(&Server::NAMES, &as_text(server, "server")?)?,
            None => Server::Origin,
        },
        published: match value.get("published") {
            Some(published) => {
                list(published, "published")?.iter().map(published_from_json).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        },
        cells: list(field(value, "cells")?, "cells")?.iter().map(cell_from_json).collect::<Result<_, _>>()?,
    })
}

fn published_to_json(published: &Published) -> Value {
    let (key, figures) = match &published.figures {
        Figures::Bytes(bytes) => ("bytes", json!(bytes)),
        Figures::Values(values) => ("value", json!(values)),
    };
    json!({ "source": published.source, "note": published.note, "when": published.when, key: figures })
}

fn published_from_json(value: &Value) -> Result<Published, String> {
    let words = |item: &Value| list(item, "when")?.iter().map(|word| as_text(word, "when")).collect::<Result<_, _>>();
    let when = |item: &Value| Ok((as_text(&item[0], "when")?, words(&item[1])?));
    let bytes = |item: &Value| Ok((as_text(&item[0], "bytes")?, item[1].as_u64().ok_or("`bytes` is not a number")?));
    let number = |item: &Value| Ok((as_text(&item[0], "value")?, item[1].as_f64().ok_or("`value` is not a number")?));
    let figures = match value.get("value") {
        Some(values) => Figures::Values(list(values, "value")?.iter().map(number).collect::<Result<_, String>>()?),
        None => {
            Figures::Bytes(list(field(value, "bytes")?, "bytes")?.iter().map(bytes).collect::<Result<_, String>>()?)
        }
    };
    Ok(Published {
        source: text(value, "source")?,
        note: text(value, "note")?,
        when: list(field(value, "when")?, "when")?.iter().map(when).collect::<Result<_, String>>()?,
        figures,
    })
}

fn cell_to_json(cell: &Cell) -> Value {
    let (compare, more_is_better) = match &cell.metric {
        Metric::Rate(_) => ("rate", true),
        Metric::Cpu(_) => ("cpu", false),
        Metric::Word { name, more_is_better } => (name.as_str(), *more_is_better),
    };
    json!({
        "cell": cell.title, "params": pairs_to_json(&cell.params), "compare": compare, "more_is_better": more_is_better,
        "process_use": names::name(&ProcessUse::NAMES, cell.process_use), "processes": cell.processes,
        "engines": cell.entries.iter().map(entry_to_json).collect::<Vec<_>>(),
        // The capacity is not in the plan: it has a line of its own, written when it is known.
        "share": cell.share.as_ref().map(|share| json!({ "percent": share.percent, "measured_in": share.measured_in })),
    })
}

fn cell_from_json(value: &Value) -> Result<Cell, String> {
    let params = pairs(value, "params")?;
    let model = params.iter().find(|(key, _)| key == "model").map_or("fetch", |(_, model)| model.as_str());
    let more_is_better = field(value, "more_is_better")?.as_bool().unwrap_or(false);
    Ok(Cell {
        title: text(value, "cell")?,
        metric: Metric::new(Some(&text(value, "compare")?), more_is_better, model),
        process_use: named(&ProcessUse::NAMES, &text(value, "process_use")?)?,
        processes: wholes(value, "processes")?.into_iter().map(|rounds| rounds as usize).collect(),
        entries: list(field(value, "engines")?, "engines")?.iter().map(entry_from_json).collect::<Result<_, _>>()?,
        params,
        share: value.get("share").filter(|share| !share.is_null()).map(share_from_json).transpose()?,
    })
}

fn share_from_json(value: &Value) -> Result<Share, String> {
    Ok(Share { percent: whole(value, "percent")?, measured_in: text(value, "measured_in")?, capacity: None })
}

fn entry_to_json(entry: &Entry) -> Value {
    let engine = &entry.engine;
    // Relative to the workspace where it is inside: a record is read on other machines.
    let folder = engine.folder.strip_prefix(workspace_root()).unwrap_or(&engine.folder);
    json!({
        "engine": entry.label, "twin": entry.twin, "name": engine.name, "about": engine.about,
        "family": names::name(&Family::NAMES, engine.family), "client": engine.client, "runtime": engine.runtime,
        "in_flight": names::name(&InFlight::NAMES, engine.in_flight), "notes": engine.notes, "command": engine.command,
        "package": engine.package,
        "folder": folder.display().to_string(), "install": engine.install, "answers": engine.answers,
        "params": pairs_to_json(&entry.params), "requests": entry.requests, "threads": entry.threads, "cpus": entry.cpus,
        "expected": pairs_to_json(&entry.expected),
    })
}

fn entry_from_json(value: &Value) -> Result<Entry, String> {
    let command = list(field(value, "command")?, "command")?;
    Ok(Entry {
        label: text(value, "engine")?,
        twin: field(value, "twin")?.as_bool().unwrap_or(false),
        engine: Engine {
            name: text(value, "name")?,
            about: text(value, "about")?,
            family: named(&Family::NAMES, &text(value, "family")?)?,
            client: text(value, "client")?,
            runtime: text(value, "runtime")?,
            in_flight: named(&InFlight::NAMES, &text(value, "in_flight")?)?,
            notes: field(value, "notes")?.as_str().map(str::to_owned),
            // Keys that files of the first months do not have.
            folder: workspace_root().join(value.get("folder").and_then(Value::as_str).unwrap_or("benches")),
            install: value.get("install").and_then(Value::as_str).map(str::to_owned),
            package: value.get("package").and_then(Value::as_str).map(str::to_owned),
            answers: match value.get("answers") {
                Some(answers) => {
                    list(answers, "answers")?.iter().map(|word| as_text(word, "answers")).collect::<Result<_, _>>()?
                }
                None => ANSWER.map(str::to_owned).to_vec(),
            },
            command: command.iter().map(|word| as_text(word, "command")).collect::<Result<_, _>>()?,
        },
        params: pairs(value, "params")?,
        requests: whole(value, "requests")?,
        threads: whole(value, "threads")?,
        cpus: wholes(value, "cpus")?,
        expected: pairs(value, "expected")?,
    })
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Result<T, String> {
    names::value(names, name).ok_or_else(|| format!("`{name}` is not known"))
}

fn pairs_to_json(pairs: &[(String, String)]) -> Value {
    // A list of pairs and not an object: the order is the order of titles.
    pairs.iter().map(|(key, value)| json!([key, value])).collect()
}

fn pairs(value: &Value, key: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |item: &Value| Ok((as_text(&item[0], key)?, as_text(&item[1], key)?));
    list(field(value, key)?, key)?.iter().map(pair).collect()
}

fn field<'v>(value: &'v Value, key: &str) -> Result<&'v Value, String> {
    value.get(key).ok_or_else(|| format!("`{key}` is missing"))
}

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("`{key}` is not a list"))
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    as_text(field(value, key)?, key)
}

fn as_text(value: &Value, key: &str) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("`{key}` is not a text"))
}

fn whole(value: &Value, key: &str) -> Result<u64, String> {
    field(value, key)?.as_u64().ok_or_else(|| format!("`{key}` is not a whole number"))
}

fn wholes(value: &Value, key: &str) -> Result<Vec<u64>, String> {
    let numbers = list(field(value, key)?, key)?.iter().map(Value::as_u64);
    numbers.collect::<Option<_>>().ok_or_else(|| format!("`{key}` is not a list of whole numbers"))
}
