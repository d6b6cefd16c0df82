//! Pages through libcurl, on smol: `cargo run -p gather-isahc --example isahc-pages -- URL...`

use gather_isahc::IsahcFetch;
use gather_smol::{Smol, prelude::*};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let requests = std::env::args().skip(1).map(get).collect::<Result<Vec<_>, _>>()?;
    let client = IsahcFetch::new()?;
    Smol::new()?.run(async |runtime| {
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
