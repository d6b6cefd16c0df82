"""The `href` of every `a`, by each of the parsers that Python programs use."""


def parser(name):
    """A function from a page's bytes to its values; `name` is `bs4`, `lxml` or `selectolax`."""
    return {"bs4": by_bs4, "lxml": by_lxml, "selectolax": by_selectolax}[name]()


def package(name):
    """What the parser is called where it is installed from."""
    return {"bs4": "beautifulsoup4"}.get(name, name)


# Each imports what it needs and nothing else: a program pays in memory for what it imports.


def by_bs4():
    from bs4 import BeautifulSoup

    def hrefs(body):
        soup = BeautifulSoup(body, "html.parser")
        return [a["href"] for a in soup.find_all("a", href=True)]

    return hrefs


def by_lxml():
    import lxml.html

    def hrefs(body):
        # Not "//a/@href": the strings of that keep the trees that they come from, here those of all pages at once.
        return [a.get("href") for a in lxml.html.document_fromstring(body).xpath("//a[@href]")]

    return hrefs


def by_selectolax():
    from selectolax.lexbor import LexborHTMLParser

    def hrefs(body):
        # lexbor's selector also matches the `xlink:href` of SVG, which is no `href` to anybody else.
        links = (a.attributes for a in LexborHTMLParser(body).css("a[href]"))
        return [attributes["href"] or "" for attributes in links if "href" in attributes]

    return hrefs
