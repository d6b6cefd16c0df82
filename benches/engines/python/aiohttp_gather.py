"""The guide's scraper: one aiohttp session, `asyncio.gather`, and a parser that collects every `a[href]`."""

import sys

# `bs4`, `lxml` or `selectolax`, the first word of the command in engines.toml.
PARSER = sys.argv.pop(1)

import lab

PACKAGES = {"bs4": "beautifulsoup4"}

run = lab.start("aiohttp", PACKAGES.get(PARSER, PARSER))

import asyncio

import aiohttp

if PARSER == "bs4":
    from bs4 import BeautifulSoup

    def hrefs(body):
        soup = BeautifulSoup(body, "html.parser")
        return [a["href"] for a in soup.find_all("a", href=True)]

elif PARSER == "lxml":
    import lxml.html

    def hrefs(body):
        # Not "//a/@href": the strings of that keep the trees that they come from, here those of all pages at once.
        return [a.get("href") for a in lxml.html.document_fromstring(body).xpath("//a[@href]")]

elif PARSER == "selectolax":
    from selectolax.lexbor import LexborHTMLParser

    def hrefs(body):
        # lexbor's selector also matches the `xlink:href` of SVG, which is no `href` to anybody else.
        links = (a.attributes for a in LexborHTMLParser(body).css("a[href]"))
        return [attributes["href"] or "" for attributes in links if "href" in attributes]


async def fetch(session, slots, url):
    # The deadline is for the exchange: what waits for its turn is not late yet.
    async with slots, session.get(url, timeout=aiohttp.ClientTimeout(total=run.deadline)) as response:
        response.raise_for_status()
        body = await response.read()
    return url, body, None if run.parse == "length" else hrefs(body)


async def scrape(session, number):
    answer = lab.Answer()
    slots = asyncio.Semaphore(run.concurrency)
    pages = [fetch(session, slots, url) for url in run.urls(number)]
    for result in await asyncio.gather(*pages, return_exceptions=True):
        if isinstance(result, asyncio.TimeoutError):
            answer.timeouts += 1
        elif isinstance(result, aiohttp.ClientError):
            answer.add_error(result)
        elif isinstance(result, BaseException):
            raise result
        else:
            answer.add_page(*result)
    return answer


async def open_session():
    # No limit here: the semaphore is one, and the connections stay open from trial to trial.
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


loop = asyncio.new_event_loop()
session = loop.run_until_complete(open_session())
lab.serve(run, lambda number: loop.run_until_complete(scrape(session, number)))
loop.run_until_complete(session.close())
