//! What a request asks for, kept until it is known that it need not be sent again.

use gather_core::Request;
use http::{Method, Version};

/// A request without its address, which is a matter of its [place](super::Place).
pub(super) enum Asked {
    /// As nearly all are: no header field of the user's, no extension and no body.
    Plain(Method),
    /// In a box, because it is large and is moved with what it is in.
    Whole(Box<Request>),
}

impl Asked {
    /// What `request` asks for, to be sent once more.
    pub(super) fn by(request: &Request) -> Self {
        let plain = request.headers().is_empty()
            && request.extensions().is_empty()
            && request.body().is_empty()
            && request.version() == Version::default();
        if plain { Asked::Plain(request.method().clone()) } else { Asked::Whole(Box::new(request.clone())) }
    }

    pub(super) fn method(&self) -> &Method {
        match self {
            Asked::Plain(method) => method,
            Asked::Whole(request) => request.method(),
        }
    }

    /// The request, which is left without one.
    pub(super) fn take(&mut self) -> Request {
        match std::mem::replace(self, Asked::Plain(Method::GET)) {
            Asked::Plain(method) => {
                let mut request = Request::default();
                *request.method_mut() = method;
                request
            }
            Asked::Whole(request) => *request,
        }
    }
}
