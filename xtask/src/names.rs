//! What to say about a name that is not known: the nearest one, and all of them.

/// `no engine is called `tokoi`; did you mean `tokio`? Known: ...`
pub(crate) fn unknown(kind: &str, name: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min_by_key(|(distance, _)| *distance)
        // Further away than this it is a guess, not a typing error.
        .filter(|(distance, _)| *distance <= 1 + name.len() / 3);
    let suggestion = nearest.map_or_else(String::new, |(_, candidate)| format!("; did you mean `{candidate}`?"));
    format!("no {kind} is called `{name}`{suggestion}\nknown: {}", known.join(", "))
}

/// The value of a name in a table of names.
pub(crate) fn value<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The name of a value in a table of names.
pub(crate) fn name<T: PartialEq>(names: &[(&'static str, T)], value: T) -> &'static str {
    names.iter().find(|(_, known)| *known == value).map_or("unknown", |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn a_typing_error_gets_the_nearest_name_and_a_stranger_gets_the_list() {
        let known = ["tokio", "smol", "async-std"];
        assert_eq!(
            unknown("engine", "tokoi", &known),
            "no engine is called `tokoi`; did you mean `tokio`?\nknown: tokio, smol, async-std"
        );
        assert_eq!(unknown("engine", "zzz", &known), "no engine is called `zzz`\nknown: tokio, smol, async-std");
    }
}
