//! The page of the recorded run.
