"""Scrapy: one crawl of all pages for each trial, with the selector that its tutorial teaches.

A reactor cannot be started twice, so it runs all the time, and standard input is read in a thread beside it.
"""

import asyncio
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

import lab

run = lab.start("scrapy", "twisted")

import scrapy
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.reactor import install_reactor
from twisted.internet import error

install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")

from twisted.internet import reactor

# Scrapy's defaults are polite; everything else is as a project starts with it.
SETTINGS = {
    "CONCURRENT_REQUESTS": run.concurrency,
    "CONCURRENT_REQUESTS_PER_DOMAIN": run.concurrency,
    "DOWNLOAD_DELAY": 0,
    "DOWNLOAD_TIMEOUT": run.deadline,
    "ROBOTSTXT_OBEY": False,
    "RETRY_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    # Nobody else follows the pages that only say where they have moved to.
    "METAREFRESH_ENABLED": False,
}


class Pages(scrapy.Spider):
    """Fetches the pages of one trial and follows nothing."""

    name = "pages"

    def __init__(self, urls, answer):
        super().__init__()
        self.urls, self.answer = urls, answer

    async def start(self):
        for url in self.urls:
            yield scrapy.Request(url, callback=self.parse, errback=self.failed, dont_filter=True)

    def parse(self, response):
        hrefs = None if run.parse == "length" else response.css("a::attr(href)").getall()
        self.answer.add_page(response.url, response.body, hrefs)

    def failed(self, failure):
        if failure.check(scrapy.exceptions.DownloadTimeoutError, error.TimeoutError, TimeoutError):
            self.answer.timeouts += 1
        else:
            self.answer.add_error(failure.value)


async def crawl(requests):
    answer = lab.Answer()
    await AsyncCrawlerRunner(SETTINGS).crawl(Pages, run.urls(requests), answer)
    return answer


def serve(loop):
    lab.serve(run, lambda requests: asyncio.run_coroutine_threadsafe(crawl(requests), loop).result())
    reactor.callFromThread(reactor.stop)


def start_serving():
    threading.Thread(target=serve, args=[asyncio.get_running_loop()]).start()


# Not callWhenRunning: that is called before the loop runs.
reactor.callLater(0, start_serving)
reactor.run()
