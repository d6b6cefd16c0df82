//! Numbers for people: thousands with commas, sensible digits, times with a unit.

/// `12,800`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Three significant digits or more, never an exponent: `0.0123`, `4.56`, `78.9`, `12,800`.
pub(crate) fn significant(number: f64) -> String {
    match number.abs() {
        _ if !number.is_finite() => "?".into(),
        size if size >= 99.95 => thousands(number.round().max(0.0) as u64),
        size if size >= 9.995 => format!("{number:.1}"),
        size if size >= 0.9995 => format!("{number:.2}"),
        size if size >= 0.09995 => format!("{number:.3}"),
        0.0 => "0".into(),
        _ => format!("{number:.4}"),
    }
}

/// A ratio: two digits behind the point near 1, fewer when it is large, more when it is tiny.
pub(crate) fn ratio(number: f64) -> String {
    match number.abs() {
        _ if !number.is_finite() => "?".into(),
        size if size >= 99.95 => format!("{number:.0}"),
        size if size >= 9.995 => format!("{number:.1}"),
        size if size >= 0.0995 => format!("{number:.2}"),
        _ => format!("{number:.3}"),
    }
}

/// `0`, `250 us`, `20 ms`, `1.5 s`.
pub(crate) fn micros(us: u64) -> String {
    match us {
        0 => "no".into(),
        1..1_000 => format!("{us} us"),
        1_000..1_000_000 => format!("{} ms", us as f64 / 1e3),
        _ => format!("{} s", us as f64 / 1e6),
    }
}

/// `45 s`, `3 min 10 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..60 => format!("{whole} s"),
        _ => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// The ending of a noun.
pub(crate) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well_at_every_size() {
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(
            [12_800.4, 78.94, 4.561, 0.5, 0.0123, 0.0].map(significant).join(" "),
            "12,800 78.9 4.56 0.500 0.0123 0"
        );
        assert_eq!([130.0, 12.34, 1.004, 0.0123].map(ratio).join(" "), "130 12.3 1.00 0.012");
        assert_eq!([0, 250, 20_000, 1_500_000].map(micros).join(" "), "no 250 us 20 ms 1.5 s");
        assert_eq!([59.6, 190.0].map(seconds).join(" "), "1 min 0 s 3 min 10 s");
    }
}
