//! The short ways to a whole page.

use std::pin::Pin;

use gather_core::addresses::Discovered;
use gather_core::{Clock, Fetch, FetchError, Limits, Page, Request, Response, fetch_page, get};

use url::Url;

use super::{Client, ClientBody, Fetched, Shared};

impl<F: Fetch, C: Clock> Client<F, C> {
    /// What is at `url`, whole, decoded, with the short ways to what it says. The address is read as browsers read it: what is
    /// to be escaped in it is. A status is not an error here; [`Fetched::ok`] makes it one.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Client::send), and of reading the body: what had [arrived](FetchError::received) of it is in the error,
    /// decoded.
    pub async fn get(&self, url: impl AsRef<str>) -> Result<Fetched, FetchError>
    where
        F: 'static,
    {
        self.whole(asking(url.as_ref())?).await
    }

    /// The same for an address that was found in a page, or that anybody but the user has chosen: it may be a public one
    /// only, or what [`discovered_addresses`](crate::ClientBuilder::discovered_addresses) allows, whatever its name resolves to, and
    /// wherever redirects lead.
    ///
    /// ```
    /// use gather_client::Client;
    /// use gather_core::{Clock, Fetch, FetchError};
    ///
    /// async fn all_that_follow<F: Fetch + 'static, C: Clock>(client: &Client<F, C>, links: Vec<gather_client::Url>) {
    ///     for link in links {
    ///         match client.get_discovered(link).await {
    ///             Ok(page) => println!("{}: {}", page.url(), page.status()),
    ///             Err(error) => eprintln!("{error}"),
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`get`](Client::get); [`Forbidden`](gather_core::FetchErrorKind::Forbidden) for an address that may not be
    /// reached, and for all of them over a transport that cannot look at addresses.
    pub async fn get_discovered(&self, url: impl AsRef<str>) -> Result<Fetched, FetchError>
    where
        F: 'static,
    {
        let mut request = asking(url.as_ref())?;
        request.extensions_mut().insert(Discovered);
        self.whole(request).await
    }

    /// The same for any request: other methods, fields of your own, a body.
    ///
    /// ```
    /// use gather_client::{Client, Fetched};
    /// use gather_core::http::Method;
    /// use gather_core::{Clock, Fetch, FetchError, get};
    ///
    /// async fn post<F: Fetch + 'static, C: Clock>(client: &Client<F, C>) -> Result<Fetched, FetchError> {
    ///     let mut request = get("https://example.com/orders")?;
    ///     *request.method_mut() = Method::POST;
    ///     *request.body_mut() = r#"{"of": "tea"}"#.into();
    ///     client.whole(request).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`get`](Client::get).
    pub async fn whole(&self, request: Request) -> Result<Fetched, FetchError>
    where
        F: 'static,
    {
        let Shared { settings, clock, .. } = &*self.0.shared;
        let limits = Limits::default().deadline(settings.deadlines.total).max_body(settings.decode.decoded);
        fetch_page(&Local(self.clone()), clock, request, limits).await.map(Fetched::from)
    }

    /// The same as a plain [`Page`].
    ///
    /// # Errors
    ///
    /// Those of [`get`](Client::get).
    pub async fn page(&self, url: impl AsRef<str>) -> Result<Page, FetchError>
    where
        F: 'static,
    {
        self.get(url).await.map(Fetched::into_page)
    }
}

/// A GET of what a URI or, failing that, a URL may be: with characters that are to be escaped, and names in any alphabet.
fn asking(url: &str) -> Result<Request, FetchError> {
    get(url).or_else(|error| {
        let mut url = Url::parse(url).map_err(|_| error)?;
        url.set_fragment(None);
        get(url)
    })
}

/// The client as a [`Fetch`] that need not be `Send`.
struct Local<F, C: Clock>(Client<F, C>);

impl<F: Fetch + 'static, C: Clock> Fetch for Local<F, C> {
    type Body = ClientBody<F::Body, C>;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Self::Body>, FetchError>>>>;

    fn fetch(&self, request: Request) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move { client.send(request).await })
    }
}
