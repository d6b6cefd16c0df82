//! Spans: what a client does, to be seen from outside.
//!
//! With the feature `tracing` a request is a span, each attempt, each redirect that is followed and the body are spans inside
//! of it, and their fields are those of OpenTelemetry's conventions for HTTP clients. Without it all of this is nothing, and
//! costs nothing.

#[cfg(not(feature = "tracing"))]
mod off;
#[cfg(feature = "tracing")]
mod on;
#[cfg(feature = "tracing")]
mod shown;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::Span;
#[cfg(feature = "tracing")]
pub(crate) use on::Span;
