//! Where more rounds decide most: which cells are still open, how many rounds each would need, and which is the cheapest to settle.

use crate::plan::{Cell, processes};
use crate::score::Score;
use crate::stats::{Comparison, ENOUGH_ROUNDS, Verdict, planning};

/// Nobody waits for more rounds than this in one cell.
const MOST_ROUNDS: usize = 400;

/// The rounds after which a comparison that is open would probably be decided: `(2.8 sigma / d)^2` for a two-sided test at 5 %
/// with a power of 80 %, where `d` is how far the ratio is from the edge of what counts as a difference.
/// `None` when the ratio sits on that edge, so that no number of rounds would do.
pub(crate) fn rounds_to_decide(compared: &Comparison, delta: f64) -> Option<usize> {
    let edge = (compared.ratio.ln().abs() - delta.ln_1p()).abs();
    // The scatter that the interval shows, which knows how far processes are apart; that of single rounds does not.
    let half = (compared.high.ln() - compared.low.ln()) / 2.0;
    let sigma = (half / 1.96 * (compared.rounds as f64).sqrt()).max(compared.sigma);
    let rounds = planning::rounds_needed(sigma, edge.max(1e-9)).max(compared.rounds + 1);
    (rounds < 10_000).then_some(rounds)
}

/// More rounds for one cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct More {
    /// Which of the cells that were looked at.
    pub(crate) cell: usize,
    /// The rounds of each additional process.
    pub(crate) processes: Vec<usize>,
}

/// The cell that is settled soonest: of those that are open and can be settled within `seconds`, the one that needs the least
/// time. `seconds_per_round` is what a round of the cell has taken so far.
///
/// The number of rounds is fixed before they are run and the comparison looked at once, after them: looking after every
/// round until something shows would find differences that are not there.
pub(crate) fn next(cells: &[(&Cell, &Score, f64)], seconds: f64) -> Option<More> {
    let open = cells.iter().enumerate().filter_map(|(index, (cell, score, seconds_per_round))| {
        let needed = needed(score)?;
        let rounds = needed.saturating_sub(cell.rounds()).max(ENOUGH_ROUNDS);
        (cell.rounds() + rounds <= MOST_ROUNDS).then_some((index, rounds, rounds as f64 * seconds_per_round))
    });
    let (index, rounds, _) = open.filter(|(.., cost)| *cost <= seconds).min_by(|(.., a), (.., b)| a.total_cmp(b))?;
    Some(More { cell: index, processes: processes(rounds, cells[index].0.process_use) })
}

/// The rounds that would settle the first comparison of a cell that is open, or its control.
fn needed(score: &Score) -> Option<usize> {
    let twin = score.rows.iter().find(|row| row.twin).and_then(|row| row.ratio.as_ref());
    if score.is_invalid() {
        // Twice as many rounds make the interval of a control that is merely too wide narrower by a third.
        return twin.map(|twin| twin.rounds * 2);
    }
    let open = score.real_rows().filter_map(|row| row.ratio.as_ref());
    open.filter(|ratio| ratio.verdict == Verdict::Inconclusive && ratio.rounds >= ENOUGH_ROUNDS)
        .filter_map(|ratio| rounds_to_decide(ratio, score.delta))
        .min()
}

/// `10m`, `90s`, `1h30m`, `600` in seconds.
pub(crate) fn parse(text: &str) -> Result<f64, String> {
    let wrong = || format!("`--budget {text}`: expected a time such as 90s, 10m or 1h30m");
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(seconds as f64);
    }
    humantime::parse_duration(text).map(|time| time.as_secs_f64()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(ratio: f64, half_width: f64, rounds: usize) -> Comparison {
        let (low, high) = (ratio / (1.0 + half_width), ratio * (1.0 + half_width));
        Comparison { ratio, low, high, rounds, processes: 5, sigma: 0.0, p_value: 1.0, verdict: Verdict::Inconclusive }
    }

    #[test]
    fn a_wider_interval_needs_more_rounds_and_the_edge_needs_too_many() {
        let narrow = rounds_to_decide(&compared(1.04, 0.025, 12), 0.02).unwrap();
        let wide = rounds_to_decide(&compared(1.04, 0.05, 12), 0.02).unwrap();
        assert!(narrow > 12 && (3 * narrow..5 * narrow).contains(&wide), "{narrow} {wide}");
        assert_eq!(rounds_to_decide(&compared(1.0201, 0.03, 12), 0.02), None);
    }

    #[test]
    fn a_budget_is_a_time() {
        assert_eq!([parse("10m"), parse("1h30m"), parse("45")], [Ok(600.0), Ok(5400.0), Ok(45.0)]);
        assert!(parse("soon").unwrap_err().contains("expected a time such as 90s"));
    }
}
