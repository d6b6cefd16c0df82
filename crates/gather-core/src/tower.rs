//! The two views between [`Fetch`] and tower's [`Service`] (feature `tower`).
//!
//! [`FetchService`] shows a [`Fetch`] as a service, so that any layer of tower or tower-http goes around it;
//! [`ServiceFetch`] shows a service, be it a whole stack, as a [`Fetch`], so that everything in gather takes it for a
//! transport. One inside the other is the transport that one began with: the laws of a transport hold for it, but for
//! closing, which a service has no word for.
//!
//! Both know tower only by the crates that it is agreed upon in, `tower-service` and `http-body`. Bodies go both ways as
//! they are, no byte is copied; errors keep their phase and kind.
//!
//! ```
//! use gather_core::tower::{FetchService, ServiceFetch};
//! use gather_core::{Fetch, Request};
//! use tower::ServiceBuilder;
//! use tower::util::MapRequestLayer;
//!
//! /// The same transport, which says who it is.
//! fn named<F: Fetch + Clone + 'static>(transport: F) -> impl Fetch {
//!     let name = |mut request: Request| {
//!         request.headers_mut().insert("user-agent", gather_core::http::HeaderValue::from_static("named/1.0"));
//!         request
//!     };
//!     let stack = ServiceBuilder::new().layer(MapRequestLayer::new(name)).service(FetchService::new(transport));
//!     ServiceFetch::new(stack)
//! }
//! ```
//!
//! [`Fetch`]: crate::Fetch
//! [`Service`]: tower_service::Service

mod body;
mod fetch_of_service;
mod service_of_fetch;

pub use body::{BodyStream, BytesBody, FetchBody};
pub use fetch_of_service::{Exchange, MapError, ServiceFetch, to_fetch_error};
pub use service_of_fetch::{FetchService, ResponseFuture};
