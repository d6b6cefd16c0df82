//! gather-core's pipeline in virtual time: hundreds of seeded scripts, and an oracle that says to the millisecond what has
//! to come of them.

mod cases;
mod fairness;
mod oracle;
mod properties;
