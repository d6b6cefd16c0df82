//! Which proxy for which address, from data: the rules of `no_proxy`, the environment, and what is said of secrets.

mod addresses;
mod bypass;
mod environment;
