//! CPU time on demand: what makes an origin slow that is to be caught at it.

use std::hint::black_box;

/// About `microseconds` of one core: a fixed amount of work, not a fixed time, so that an origin that is interrupted does not get
/// away with less. These are the runner's steps: the same microseconds cost the same in both.
pub(crate) fn burn_cpu(microseconds: u64) {
    const STEPS_PER_MICROSECOND: u64 = 640;
    let mut state = black_box(microseconds | 1);
    for _ in 0..microseconds * STEPS_PER_MICROSECOND {
        state = (state ^ (state >> 29)).wrapping_mul(0x5851_f42d_4c95_7f2d);
    }
    black_box(state);
}
