"""`requests` and BeautifulSoup, one page after the other or on a pool of threads: the guide's synchronous scraper."""

import sys

# `sequential` or `threads`, the first word of the command in engines.toml.
HOW = sys.argv.pop(1)

import lab

run = lab.start("requests", "beautifulsoup4")

from concurrent.futures import ThreadPoolExecutor

import requests
from bs4 import BeautifulSoup

session = requests.Session()
# As many connections kept as there are threads: requests keeps ten, and would open the others anew each time.
connections = 1 if HOW == "sequential" else run.concurrency
session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections))
pool = None if HOW == "sequential" else ThreadPoolExecutor(max_workers=run.concurrency)


def fetch(url):
    """The page, or the exception that came instead of it."""
    try:
        response = session.get(url, timeout=run.deadline)
        response.raise_for_status()
        return url, response.content, hrefs(response.content)
    except requests.RequestException as error:
        return error


def hrefs(body):
    if run.parse == "length":
        return None
    soup = BeautifulSoup(body, "html.parser")
    return [a["href"] for a in soup.find_all("a", href=True)]


def trial(number):
    answer = lab.Answer()
    urls = run.urls(number)
    for result in map(fetch, urls) if pool is None else pool.map(fetch, urls):
        if isinstance(result, requests.Timeout):
            answer.timeouts += 1
        elif isinstance(result, requests.RequestException):
            answer.add_error(result)
        else:
            answer.add_page(*result)
    return answer


lab.serve(run, trial)
