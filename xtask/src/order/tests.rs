//! The balance that the design promises.

use super::*;

/// How often each contestant was in each place, and how often it ran right after each other one.
fn counts(order: &[Vec<usize>], contestants: usize) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut places = vec![vec![0; contestants]; contestants];
    let mut after = vec![vec![0; contestants]; contestants];
    for round in order {
        round.iter().enumerate().for_each(|(place, name)| places[*name][place] += 1);
        round.windows(2).for_each(|pair| after[pair[1]][pair[0]] += 1);
    }
    (places, after)
}

#[test]
fn whole_designs_are_balanced_in_places_and_in_predecessors() {
    for contestants in 1..=12 {
        let block = if contestants % 2 == 0 { contestants } else { 2 * contestants };
        for (seed, blocks) in [(0, 1), (1, 1), (7, 3)] {
            let order = rounds(seed, contestants, blocks * block);
            let (places, after) = counts(&order, contestants);
            let each = blocks * block / contestants;
            assert!(places.iter().flatten().all(|count| *count == each), "{contestants} {order:?}");
            for (name, row) in after.iter().enumerate() {
                let expected = |other: usize| if other == name { 0 } else { each };
                assert!(
                    row.iter().enumerate().all(|(other, count)| *count == expected(other)),
                    "{contestants} {order:?}"
                );
            }
        }
    }
}

#[test]
fn an_odd_number_is_balanced_in_places_after_half_a_design() {
    let (places, _) = counts(&rounds(5, 7, 7), 7);
    assert!(places.iter().flatten().all(|count| *count == 1), "{places:?}");
}

#[test]
fn every_round_has_every_contestant_once_wherever_it_is_cut_off() {
    for contestants in 0..=9 {
        let long = rounds(3, contestants, 40);
        for count in 0..40 {
            let order = rounds(3, contestants, count);
            assert_eq!(order, long[..count], "fewer rounds are the beginning of more");
            for mut round in order {
                round.sort_unstable();
                assert_eq!(round, (0..contestants).collect::<Vec<usize>>());
            }
        }
    }
}

#[test]
fn the_seed_decides() {
    assert_eq!(rounds(3, 6, 20), rounds(3, 6, 20));
    assert_ne!(rounds(3, 6, 20), rounds(4, 6, 20));
    // The names are dealt anew: the second design is not the first again.
    let twice = rounds(3, 6, 12);
    assert_ne!(twice[..6], twice[6..]);
}
