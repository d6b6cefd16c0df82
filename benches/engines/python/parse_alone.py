"""A parser alone: pages that are in memory before the clock starts, one after the other, their links collected."""

import sys

# `bs4`, `lxml` or `selectolax`, the first word of the command in engines.toml.
PARSER = sys.argv.pop(1)

import hrefs
import lab

run = lab.start(hrefs.package(PARSER), models=("parse",))

parse = hrefs.parser(PARSER)


def trial(number):
    answer = lab.Answer()
    for index in range(number):
        url, body = pages[index % len(pages)]
        answer.add_page(url, body, parse(body))
    return answer


with lab.reporting():
    pages = [(url, lab.fetch(run, url)) for url in run.urls(run.requests)]
lab.serve(run, trial)
