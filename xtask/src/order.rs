//! The order of the engines within each round: shuffled by the seed, and balanced.

use fastrand::Rng;

/// For each round the engines in their order.
pub(crate) fn rounds(seed: u64, engines: usize, rounds: usize) -> Vec<Vec<usize>> {
    let mut rng = Rng::with_seed(seed);
    let mut order: Vec<usize> = (0..engines).collect();
    (0..rounds)
        .map(|_| {
            rng.shuffle(&mut order);
            order.clone()
        })
        .collect()
}
