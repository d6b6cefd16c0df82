//! The guide's CPU-bound example: sums of squares.

use std::hint::black_box;

use crate::page::PageAnswer;

/// The sum of the squares of the numbers below `upto`, as a page's answer.
///
/// The index goes through `black_box`: without it the compiler replaces the loop by a formula.
pub(crate) fn sum_answer(upto: u64) -> PageAnswer {
    let sum: u128 = (0..upto).map(|number| u128::from(black_box(number)) * u128::from(number)).sum();
    // Both halves, so that the checksum shows the whole number.
    let checksum = (sum as u64) ^ ((sum >> 64) as u64).rotate_left(32);
    PageAnswer { links: 0, checksum }
}
