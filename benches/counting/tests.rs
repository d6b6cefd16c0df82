//! The counting proxy on programs whose counts are known beforehand.
