//! A run as a repository keeps it: one line for each engine of a cell, with a list for each word in the place of a line for each
//! trial. Nothing is lost, and it takes an eighth of the room, since most of a trial's line are the names of its words.

use serde_json::{Map, Value};

use super::SCHEMA as LINES;

/// Changes when a reader of the file would have to change.
pub(crate) const SCHEMA: &str = "gather-columns/1";

/// In the place of a line for each trial.
const COLUMNS: &str = "columns";
/// The number of the line that a trial had.
const LINE: &str = "line";
/// What a line said that is no trial.
const SAID: &str = "said";
/// What the trials of one line have in common.
const NAMES: [&str; 3] = ["workload", "cell", "engine"];

/// One line of a run: the number that it had there, and what it says.
pub(super) type Row = (usize, Map<String, Value>);

/// The columns of a run whose lines these are; a run that has columns already stays as it is.
///
/// # Errors
/// When a line is no JSON object; the message names it.
pub(crate) fn pack(text: &str) -> Result<String, String> {
    let mut lines = Vec::new();
    for (number, line) in whole_lines(text) {
        lines.push((number, super::object(line).map_err(|message| format!("line {number}: {message}"))?));
    }
    let Some((header, lines)) = lines.split_first_mut() else { return Ok(String::new()) };
    if header.1.get("schema").and_then(Value::as_str) != Some(LINES) {
        return Ok(text.to_owned());
    }
    header.1.insert("schema".into(), SCHEMA.into());
    describe_once(&mut header.1);
    let mut packed = vec![header.1.clone()];
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in lines.iter() {
        match groups.iter_mut().find(|group| is_trial(row) && names(group[0]) == names(row)) {
            Some(group) => group.push(row),
            None if is_trial(row) => groups.push(vec![row]),
            None => packed.push(numbered(row)),
        }
    }
    packed.extend(groups.iter().map(|group| columns(group)));
    Ok(packed.into_iter().map(|object| format!("{}\n", Value::Object(object))).collect())
}

/// What `engines.toml` says of an engine, which the plan repeats for each of its cells.
const DESCRIPTION: [&str; 10] =
    ["about", "answers", "client", "command", "family", "folder", "in_flight", "install", "notes", "runtime"];
/// The descriptions of a header, and the number of one of them in the place of its words.
const DESCRIPTIONS: &str = "descriptions";
const DESCRIPTION_NUMBER: &str = "description";

/// Puts each description into the header once.
fn describe_once(header: &mut Map<String, Value>) {
    let mut descriptions: Vec<Value> = Vec::new();
    for engine in engines(header) {
        let mut description = Map::new();
        for key in DESCRIPTION {
            description.extend(engine.remove_entry(key));
        }
        let description = Value::Object(description);
        let known = descriptions.iter().position(|known| *known == description);
        let number = known.unwrap_or(descriptions.len());
        if known.is_none() {
            descriptions.push(description);
        }
        engine.insert(DESCRIPTION_NUMBER.into(), number.into());
    }
    header.insert(DESCRIPTIONS.into(), descriptions.into());
}

/// Puts the descriptions of a header back to where they belong.
pub(super) fn unpack_header(header: &mut Map<String, Value>) -> Result<(), String> {
    let Some(descriptions) = header.remove(DESCRIPTIONS) else { return Ok(()) };
    for engine in engines(header) {
        let number = engine.remove(DESCRIPTION_NUMBER).as_ref().and_then(Value::as_u64);
        let description = number.and_then(|number| descriptions.get(usize::try_from(number).ok()?)?.as_object());
        let description = description.ok_or("an engine has no `description` among `descriptions`")?;
        engine.extend(description.clone());
    }
    Ok(())
}

/// Every engine of every cell of a header's plan.
fn engines(header: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let lists = header.get_mut("plan").and_then(Value::as_array_mut).into_iter().flatten();
    let cells = lists.filter_map(|planned| planned.get_mut("cells")?.as_array_mut()).flatten();
    cells.filter_map(|cell| cell.get_mut("engines")?.as_array_mut()).flatten().filter_map(Value::as_object_mut)
}

/// The lines that a line of a packed file stands for.
pub(super) fn unpack(mut object: Map<String, Value>) -> Result<Vec<Row>, String> {
    let Some(columns) = object.remove(COLUMNS) else {
        let number = object.get(LINE).and_then(Value::as_u64).ok_or("`line` is missing")?;
        return match object.remove(SAID) {
            Some(Value::Object(said)) => Ok(vec![(number as usize, said)]),
            _ => Err("there is neither `columns` nor `said`, an object".into()),
        };
    };
    let Value::Object(mut columns) = columns else { return Err("`columns` is not an object".into()) };
    // Each trial had a line of its own, so that this list is as long as there are trials.
    let numbers = match columns.remove(LINE) {
        Some(Value::Array(numbers)) => numbers,
        Some(number) => vec![number],
        None => return Err("`line` is missing".into()),
    };
    let mut rows = Vec::new();
    for number in &numbers {
        let number = number.as_u64().ok_or_else(|| format!("`line`: {number} is no number of a line"))?;
        rows.push((number as usize, object.clone()));
    }
    for (key, column) in columns {
        match column {
            Value::Array(values) if values.len() != rows.len() => {
                return Err(format!("`{key}` has {} values for {} trials", values.len(), rows.len()));
            }
            Value::Array(values) => {
                let given = rows.iter_mut().zip(values).filter(|(_, value)| !value.is_null());
                given.for_each(|((_, row), value)| _ = row.insert(key.clone(), value));
            }
            value => rows.iter_mut().for_each(|(_, row)| _ = row.insert(key.clone(), value.clone())),
        }
    }
    Ok(rows)
}

/// The lines that end, with their numbers from 1: a line that was being written when the run was killed is not there.
pub(super) fn whole_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let whole = text.rfind('\n').map_or("", |last| &text[..last]);
    whole.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// A counted trial or a warm-up: only plain words, so that a list is always a column.
fn is_trial((_, object): &Row) -> bool {
    object.contains_key("round")
        && !object.contains_key(LINE)
        && object.values().all(|value| value.is_number() || value.is_string())
}

fn names((_, object): &Row) -> [Option<&Value>; 3] {
    NAMES.map(|name| object.get(name))
}

/// A line that is kept as it is.
fn numbered((number, object): &Row) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert(LINE.into(), (*number).into());
    line.insert(SAID.into(), Value::Object(object.clone()));
    line
}

/// All trials of one engine: a list for each word, or its value where all agree.
fn columns(group: &[&Row]) -> Map<String, Value> {
    let mut columns = Map::new();
    columns.insert(LINE.into(), group.iter().map(|(number, _)| Value::from(*number)).collect());
    for key in group.iter().flat_map(|(_, object)| object.keys()).filter(|key| !NAMES.contains(&key.as_str())) {
        if !columns.contains_key(key) {
            let values = || group.iter().map(|(_, object)| object.get(key).unwrap_or(&Value::Null));
            let first = group[0].1.get(key).unwrap_or(&Value::Null);
            let agree = values().all(|value| value == first);
            columns.insert(key.clone(), if agree { first.clone() } else { values().cloned().collect() });
        }
    }
    let mut line = group[0].1.clone();
    line.retain(|key, _| NAMES.contains(&key.as_str()));
    line.insert(COLUMNS.into(), Value::Object(columns));
    line
}

#[cfg(test)]
mod tests;
