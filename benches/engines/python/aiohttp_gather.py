"""The guide's scraper: one aiohttp session, `asyncio.gather`, and a parser that collects every `a[href]`."""

import sys

# `bs4`, `lxml` or `selectolax`, the first word of the command in engines.toml.
PARSER = sys.argv.pop(1)

import hrefs
import lab

run = lab.start("aiohttp", hrefs.package(PARSER))

import asyncio

import aiohttp

parse = hrefs.parser(PARSER)


async def fetch(session, slots, url):
    # The deadline is for the exchange: what waits for its turn is not late yet.
    async with slots, session.get(url, timeout=aiohttp.ClientTimeout(total=run.deadline)) as response:
        response.raise_for_status()
        body = await response.read()
    return url, body, None if run.parse == "length" else parse(body)


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
