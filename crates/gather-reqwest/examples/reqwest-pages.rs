//! Pages through reqwest, on tokio: `cargo run -p gather-reqwest --example reqwest-pages -- URL...`

use gather_reqwest::ReqwestFetch;
use gather_tokio::{Tokio, prelude::*};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let requests = std::env::args().skip(1).map(get).collect::<Result<Vec<_>, _>>()?;
    let client = ReqwestFetch::new()?;
    Tokio::new()?.run(async |runtime| {
        let mut pages = Scraper::new(runtime, move |_: &_| client.clone()).concurrency(16).drive(requests);
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => println!("{}: {} bytes", page.url, page.bytes),
                Err(error) => eprintln!("{error}"),
            }
        }
    });
    Ok(())
}
