"""What the lab checks of the links that an engine found: their number and a sum over their resolved addresses.

All of this happens after the clock has stopped: the guide's programs collect `href` values and resolve none of them.
"""

MASK = (1 << 64) - 1


def total(pages):
    """How many links resolve, and the sum of their hashes, of `(address, hrefs)` for each page."""
    count = checksum = 0
    for address, hrefs in pages:
        number, page_sum = of_page(address, tuple(hrefs))
        count += number
        checksum += page_sum
    return count, checksum & MASK


# Trials fetch the same pages again and again, and resolving them anew would take longer than fetching. The key is a hash
# of 64 bits, because the links themselves would show in the memory of the next trial.
KNOWN = {}


def of_page(address, hrefs):
    page = hash((address, hrefs))
    if page not in KNOWN:
        urls = [url for url in (resolve(href, address) for href in hrefs) if url is not None]
        KNOWN[page] = len(urls), sum_of(urls)
    return KNOWN[page]


def sum_of(urls):
    """The sum over resolved addresses, each without its query: a link to a place in its own page has the page's, which says
    how the page was asked for."""
    return sum(fx_hash(*without_query(url)) for url in urls) & MASK


def without_query(url):
    address, _, rest = url.partition("?")
    return address.encode(), rest.partition("#")[2].encode()


def resolve(href, base):
    """As browsers do (the URL standard), or None where there is no address to it."""
    # Here, so that the sums can be tested where the environment has not been made.
    import ada_url

    try:
        return ada_url.join_url(base, href)
    except ValueError:
        return None


def fx_hash(*parts):
    """FxHasher of the crate rustc-hash 2 over the parts of one address, one after the other, which is what the runner sums."""
    state = 0
    for part in parts:
        state = (state + hash_bytes(part)) * 0xF135_7AEA_2E62_A9C5 & MASK
    return (state << 26 | state >> 38) & MASK


def hash_bytes(data):
    size = len(data)
    one, two = 0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344
    if size > 16:
        # Sixteen bytes at a time; the last one to sixteen are taken from the end, overlapping what was mixed already.
        for start in range(0, (size - 1) // 16 * 16, 16):
            x, y = word(data, start), word(data, start + 8)
            one, two = two, multiply_mix(one ^ x, 0xA409_3822_299F_31D0 ^ y)
        one, two = one ^ word(data, size - 16), two ^ word(data, size - 8)
    elif size >= 8:
        one, two = one ^ word(data, 0), two ^ word(data, size - 8)
    elif size >= 4:
        one ^= int.from_bytes(data[:4], "little")
        two ^= int.from_bytes(data[-4:], "little")
    elif size > 0:
        one, two = one ^ data[0], two ^ (data[-1] << 8 | data[size // 2])
    return multiply_mix(one, two) ^ size


def multiply_mix(x, y):
    full = x * y
    return (full & MASK) ^ (full >> 64)


def word(data, start):
    return int.from_bytes(data[start : start + 8], "little")
