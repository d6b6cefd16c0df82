//! A program on surf: the pages at the addresses that it is given, and how large they are.
//!
//! `cargo run -p gather-surf --example surf-pages -- http://localhost:8000/ http://localhost:8000/about`
//!
//! surf is the transport; deadlines, limits and concurrency are gather-core's, and the clock async-std's.

use std::error::Error;

use gather_async_std::{AsyncStd, prelude::*};
use gather_surf::SurfFetch;

fn main() -> Result<(), Box<dyn Error>> {
    let requests = std::env::args().skip(1).map(get).collect::<Result<Vec<_>, _>>()?;
    AsyncStd::new().run(async |runtime| {
        let mut pages = Scraper::new(runtime, |_: &_| SurfFetch::new()).concurrency(4).scrape(requests);
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => println!("{}: {} bytes", page.url, page.bytes),
                Err(error) => eprintln!("{error}{}", causes(&error)),
            }
        }
    });
    Ok(())
}

/// Why, and why that: an error says what went wrong, and its sources say the rest.
fn causes(error: &dyn Error) -> String {
    std::iter::successors(error.source(), |&cause| cause.source()).map(|cause| format!(": {cause}")).collect()
}
