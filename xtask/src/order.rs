//! In which order the contestants run: everyone in each place, and everyone after each other, equally often.

use fastrand::Rng;

/// So many rounds, in each of which every contestant runs once; contestants are numbered from 0. The same seed gives the same
/// order, and fewer rounds are the beginning of more.
///
/// A Williams design (Williams 1949): over `contestants` rounds each runs in each place once. Over as many, or twice as many
/// when their number is odd, each runs right after each other one equally often: what a contestant leaves behind (warm
/// caches, closing sockets, a hot core) then touches all others alike. A shuffle would even it out only after hundreds of
/// rounds. Names are dealt to the design's numbers, and its rounds are shuffled, anew each time it is used up.
pub(crate) fn rounds(seed: u64, contestants: usize, rounds: usize) -> Vec<Vec<usize>> {
    let mut rng = Rng::with_seed(seed);
    let mut order = Vec::with_capacity(rounds);
    while order.len() < rounds {
        let mut names: Vec<usize> = (0..contestants).collect();
        rng.shuffle(&mut names);
        let named = |round: &Vec<usize>| round.iter().map(|number| names[*number]).collect();
        for mut square in squares(contestants) {
            rng.shuffle(&mut square);
            order.extend(square.iter().map(named).collect::<Vec<Vec<usize>>>());
        }
    }
    order.truncate(rounds);
    order
}

/// One Latin square for an even number, two for an odd one, whose second is the first read backwards.
fn squares(contestants: usize) -> Vec<Vec<Vec<usize>>> {
    let Some(last) = contestants.checked_sub(1) else { return vec![vec![Vec::new()]] };
    // 0, n - 1, 1, n - 2, ...: the steps between neighbours are all different, so that turning it meets each pair once.
    let zigzag = (0..contestants).map(|place| if place % 2 == 0 { place / 2 } else { last - place / 2 });
    let zigzag: Vec<usize> = zigzag.collect();
    let turned = |by: usize| zigzag.iter().map(|number| (number + by) % contestants).collect();
    let square: Vec<Vec<usize>> = (0..contestants).map(turned).collect();
    if contestants.is_multiple_of(2) {
        return vec![square];
    }
    let backwards = square.iter().map(|round| round.iter().rev().copied().collect()).collect();
    vec![square, backwards]
}

#[cfg(test)]
mod tests;
