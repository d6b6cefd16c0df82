//! The web scraper: ten pages fetched with one session, the links of each collected and counted.
//!
//! The guide's program in ours. Look at the count. The links are found while the pages arrive; no page is ever in
//! memory as a whole. Without arguments it visits a site of its own; give it addresses and it visits those.

use anyhow::{Result, bail};
use gather_core::prelude::*;
use gather_examples::{Arguments, Site};
use gather_html::links;
use gather_http::{Connect, ConnectExt};

gather_examples::main!(web_scraper, arguments);

async fn web_scraper<R: Connect>(runtime: R, arguments: Arguments) -> Result<()> {
    let mut urls: Vec<String> = arguments.finish().iter().map(|url| url.display().to_string()).collect();
    let site = if urls.is_empty() { Some(Site::start()?) } else { None };
    urls.extend(site.iter().flat_map(Site::urls));
    let requests = urls.iter().map(get).collect::<Result<Vec<_>, _>>()?;

    // One pipeline makes one client: the session. It spawns nothing, and keeps at most ten exchanges in flight.
    let mut pages = runtime.scraper().parse(links()).concurrency(10).scrape(requests);
    let (mut all, mut failed) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => {
                println!("{}: {} links in {} bytes", page.url, page.output.len(), page.bytes);
                all.extend(page.output.urls);
            }
            Err(error) => {
                eprintln!("{error}");
                failed += 1;
            }
        }
    }

    println!("found {} links in {} pages", all.len(), urls.len() - failed);
    if failed > 0 {
        bail!("{failed} of {} pages could not be fetched", urls.len());
    }
    Ok(())
}
