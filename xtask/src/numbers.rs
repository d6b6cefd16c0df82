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

/// A number of an axis: round, so that no digit is without meaning: `0.95`, `20`, `5,000`, `20k`, `1M`.
pub(crate) fn tick(number: f64) -> String {
    let (number, unit) = match number.abs() {
        _ if !number.is_finite() => return "?".into(),
        size if size >= 1e9 => return format!("{number:.0e}"),
        size if size >= 1e6 => (number / 1e6, "M"),
        size if size >= 1e4 => (number / 1e3, "k"),
        size if size >= 1e3 && number > 0.0 && number.fract() == 0.0 => return thousands(number as u64),
        size if size > 0.0 && size < 1e-4 => return format!("{number:.0e}"),
        _ => (number, ""),
    };
    let text = format!("{number:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{}{unit}", if text == "-0" { "0" } else { text })
}

/// A number of a column: with as many digits behind the point as suit the largest of it, so that points line up.
pub(crate) fn aligned(number: f64, largest: f64) -> String {
    match largest {
        _ if !number.is_finite() => "?".into(),
        largest if largest >= 99.95 => thousands(number.round().max(0.0) as u64),
        largest if largest >= 9.995 => format!("{number:.1}"),
        largest if largest >= 0.9995 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}

/// A share: `96 %`, `4.2 %`.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if !percent.is_finite() => "?".into(),
        percent if percent.abs() < 9.95 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
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
        assert_eq!(
            [0.0, 0.95, 20.0, 5e3, 2e4, 1.5e6, -2.0, 1e-5].map(tick).join(" "),
            "0 0.95 20 5,000 20k 1.5M -2 1e-5"
        );
        assert_eq!([4096.4, 21.04, 0.5].map(|number| aligned(number, 4096.4)).join(" "), "4,096 21 1");
        assert_eq!([2.1, 0.0204].map(|number| aligned(number, 2.1)).join(" "), "2.10 0.02");
        assert_eq!([0.042, 0.96, f64::NAN].map(percent).join(", "), "4.2 %, 96 %, ?");
        assert_eq!([59.6, 190.0].map(seconds).join(" "), "1 min 0 s 3 min 10 s");
    }
}
