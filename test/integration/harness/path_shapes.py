"""Spellings of paths by which somebody may try to get around a route, and what backends make of a path."""
import itertools
import re
from urllib.parse import unquote_to_bytes

# (as sent, as a backend has to see it; None: refused)
FORMS = [
    # one spelling of what is encoded
    ("/plain/x", "/plain/x"),
    ("/pl%61in/x", "/plain/x"),
    ("/pl%41in/x", "/plAin/x"),
    ("/plain%2Dx", "/plain-x"),
    ("/plain%2ex", "/plain.x"),
    ("/plain%5fx", "/plain_x"),
    ("/plain%7ex", "/plain~x"),
    ("/caf%c3%a9", "/caf%C3%A9"),
    ("/caf%C3%a9", "/caf%C3%A9"),
    ("/a%20b", "/a%20b"),
    ("/a%3fb%23c", "/a%3Fb%23c"),
    ("/a%0d%0ab", "/a%0D%0Ab"),
    ("/a:b@c,d=e!$&'()*+", "/a:b@c,d=e!$&'()*+"),
    ("/a%3ab", "/a%3Ab"),
    ("/...", "/..."),
    ("/.a/a./..a", "/.a/a./..a"),
    # one decoding
    ("/%2561dmin/x", "/%2561dmin/x"),
    ("/%252e%252e/x", "/%252e%252e/x"),
    ("/a%252fb", "/a%252fb"),
    ("/%25%36%31dmin/x", "/%2561dmin/x"),
    # kept, where no other route is concerned
    ("/a//b", "/a//b"),
    ("/a;x=1/b;y", "/a;x=1/b;y"),
    ("/a%3bx", "/a%3Bx"),
    ("/?/../admin/%2e%2e//;", "/?/../admin/%2e%2e//;"),
    # dot segments
    ("/a/../b", None),
    ("/a/..", None),
    ("/..", None),
    ("/./a", None),
    ("/a/.", None),
    ("/a/%2e%2e/b", None),
    ("/a/%2E%2e/b", None),
    ("/a/.%2E/b", None),
    ("/a/%2e/b", None),
    ("/a/..;/b", None),
    ("/a/..;x=1/b", None),
    ("/a/%2e%2e;x/b", None),
    ("/a/..%3bx/b", None),
    ("/a/.;/b", None),
    # what is a slash to some
    ("/a%2fb", None),
    ("/a%2Fb", None),
    ("/a/..%2fb", None),
    ("/a%5cb", None),
    ("/a%5Cb", None),
    ("/a\\b", None),
    ("/a%c0%afb", None),
    ("/a/%C0%AE%c0%ae/b", None),
    ("/a%c1%9cb", None),
    # what ends a text to some, or is no encoding
    ("/a%00", None),
    ("/a%00.html", None),
    ("/a%", None),
    ("/a%4", None),
    ("/a%zz", None),
    ("/a%u002e", None),
    ("/caf\u00e9", None),
    ("/\uff0e\uff0e/a", None),
]  # fmt: skip

# Of the rules below, spelt so that a reader of some kind takes them for another one.
TRICKS = [
    lambda path: path,
    lambda path: path.replace("a", "%61"),
    lambda path: path.replace("a", "%2561"),
    lambda path: path.replace("/", "//"),
    lambda path: "/" + path,
    lambda path: "/;x" + path,
    lambda path: re.sub(r"(\w+)", r"\1;x", path, count=1),
    lambda path: re.sub(r"(\w+)", r"\1;x", path),
    lambda path: re.sub(r"(\w+)", r"\1%3bx", path, count=1),
    lambda path: "/other/.." + path,
    lambda path: "/other/..;" + path,
    lambda path: "/other/%2e%2e" + path,
    lambda path: "/." + path,
    lambda path: path.replace("/", "/./"),
    lambda path: path[0] + path[1:].replace("/", "%2f"),
    lambda path: path[0] + path[1:].replace("/", "%252f"),
    lambda path: path[0] + path[1:].replace("/", "%5c"),
    lambda path: path[0] + path[1:].replace("/", "%c0%af"),
    lambda path: path + "/",
    lambda path: path + "%00",
    lambda path: path + "?x=/other/",
    lambda path: path.upper(),
]


def spellings(paths):
    """Every path with each pair of tricks, each spelling once."""
    tricked = (second(first(path)) for path in paths for first, second in itertools.product(TRICKS, TRICKS))
    return list(dict.fromkeys(tricked))


def resolved(path):
    """Without dot segments (RFC 3986 5.2.4)."""
    out = []
    *front, last = path.split("/")[1:]
    for segment in front:
        if segment == "..":
            out = out[:-1]
        elif segment != ".":
            out.append(segment + "/")
    if last == "..":
        return "/" + "".join(out[:-1])
    return "/" + "".join(out) + ("" if last == "." else last)


def decoded(path):
    return unquote_to_bytes(path).decode("latin-1")


def without_parameters(path):
    return re.sub(r";[^/]*", "", path)


def merged(path):
    return re.sub(r"/+", "/", path)


# Backends that there are: who decodes first, who cuts parameters off, who merges slashes, in which order.
BACKENDS = {
    "takes it as it is": lambda path: path,
    "decodes": decoded,
    "decodes and resolves": lambda path: resolved(decoded(path)),
    "decodes, merges and resolves": lambda path: resolved(merged(decoded(path))),
    "cuts parameters, decodes and resolves": lambda path: resolved(decoded(without_parameters(path))),
    "cuts parameters, decodes, merges": lambda path: resolved(merged(decoded(without_parameters(path)))),
    "decodes, cuts parameters, merges": lambda path: resolved(merged(without_parameters(decoded(path)))),
    "takes a backslash for a slash": lambda path: resolved(merged(decoded(path).replace("\\", "/"))),
    "ends at a NUL": lambda path: resolved(merged(decoded(path).split("\0")[0])),
}
