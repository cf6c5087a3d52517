"""Bodies and requests that nobody sends by mistake: bombs, deep nesting, lies about lengths and encodings, references to elsewhere."""

import gzip
import json
import zlib
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from tests.factories import FLOUR, lot, made, quantity
from tests.graphql.test_commands import document
from tests.soak.marks import SOAKING

JSON, LD, XML = "application/json", "application/ld+json", "application/xml"
DEEP: Final = 100_000
# Bombs are smaller where they are tried in passing.
LESS: Final = 1 if SOAKING else 10
_EVENT: Final = (
    "<ObjectEvent><eventTime>2026-03-02T08:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>"
    "<epcList/><action>OBSERVE</action>{inside}</ObjectEvent>"
)
UNREADABLE: Final = {
    "lone continuation": b"\x80", "overlong": b"\xc0\xaf", "surrogate": b"\xed\xa0\x80", "beyond": b"\xf4\x90\x80\x80", "cut": b"\xe6\xba",
    "NUL": b"\x00", "escape": b"\x1b", "delete": b"\x7f", "BOM inside": b"\xef\xbb\xbf", "noncharacter": b"\xef\xbf\xbf",
}  # fmt: skip
Body = tuple[str, str, bytes]


def xml(inside: str = "", *, head: str = "", attributes: str = "") -> str:
    """An EPCIS document in XML."""
    body = f"<EPCISBody><EventList>{_EVENT.format(inside=inside)}</EventList></EPCISBody>"
    namespace = 'xmlns:epcis="urn:epcglobal:epcis:xsd:2" xmlns:ex="https://example.com/ns"'
    return f'{head}<epcis:EPCISDocument {namespace} schemaVersion="2.0" creationDate="2026-03-02T08:00:00Z" {attributes}>{body}</epcis:EPCISDocument>'


def plain(**changes: Any) -> dict[str, Any]:
    return document({**made([], [quantity(lot(FLOUR, "F1"), 5)]), **changes})


def elsewhere(url: str) -> Iterator[Body]:
    """What asks to read something at an address, or a file."""
    entities = (f'<!ENTITY x SYSTEM "{url}">', f'<!ENTITY % x SYSTEM "{url}"> %x;', '<!ENTITY x SYSTEM "file:///etc/passwd">')
    for number, entity in enumerate(entities):
        head = f'<?xml version="1.0"?><!DOCTYPE a [{entity}]>'
        yield f"entity {number}", XML, xml("<disposition>&x;</disposition>", head=head).encode()
        # The same where a look at the first bytes doesn't show it.
        yield (
            f"entity {number} in UTF-16",
            XML,
            xml("<disposition>&x;</disposition>", head=head.replace("?>", ' encoding="UTF-16"?>', 1)).encode("utf-16"),
        )
        utf7 = head.replace("?>", ' encoding="UTF-7"?>', 1).replace("<!DOCTYPE", "+ADwAIQ-DOCTYPE")
        yield f"entity {number} in UTF-7", XML, xml(head=utf7).encode("ascii")
        ebcdic = xml("<disposition>&x;</disposition>", head=head.replace("?>", ' encoding="cp037"?>', 1))
        yield f"entity {number} in EBCDIC", XML, ebcdic.encode("cp037")
    yield "external DTD", XML, xml(head=f'<!DOCTYPE epcis:EPCISDocument SYSTEM "{url}">').encode()
    yield "external DTD behind comments", XML, xml(head=f'<!-- a --><?b c?><!DOCTYPE epcis:EPCISDocument PUBLIC "-//x//y" "{url}">').encode()
    yield "schema location", XML, xml(attributes=f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x {url}"').encode()
    yield "stylesheet", XML, xml(head=f'<?xml-stylesheet href="{url}" type="text/xsl"?>').encode()
    yield "inclusion", XML, xml(f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}"/>').encode()
    yield "context", LD, json.dumps({**plain(), "@context": [url]}).encode()
    yield "context among others", LD, json.dumps({**plain(), "@context": [*plain()["@context"], url, {"@import": url}]}).encode()
    yield "context of an event", LD, json.dumps(plain(**{"@context": url})).encode()
    yield "reference", JSON, json.dumps(plain(**{"$ref": url})).encode()
    yield (
        "sensor's documents",
        JSON,
        json.dumps(plain(sensorElementList=[{"sensorMetadata": {"dataProcessingMethod": url, "bizRules": url}}])).encode(),
    )
    yield "certification", JSON, json.dumps(plain(certificationInfo=[url])).encode()


def bombs() -> Iterator[Body]:
    """What is small to send and large to hold."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield "billion laughs", XML, xml("<disposition>&l9;</disposition>", head=f'<!DOCTYPE a [<!ENTITY l0 "lol">{laughs}]>').encode()
    yield "quadratic", XML, xml("&a;" * 50_000, head=f'<!DOCTYPE a [<!ENTITY a "{"a" * 50_000}">]>').encode()
    attributes, namespaces = " ".join(f'a{n}="1"' for n in range(50_000)), " ".join(f'xmlns:n{n}="urn:n{n}"' for n in range(20_000))
    yield "many attributes", XML, xml(f"<ex:a {attributes}/>").encode()
    yield "many namespaces", XML, xml(f"<ex:a {namespaces}/>").encode()
    yield "long name", XML, xml(f"<ex:{'a' * (5_000_000 // LESS)}/>").encode()
    yield "long text", XML, xml(f"<ex:a>{'&#97;' * (1_000_000 // LESS)}</ex:a>").encode()
    yield "many elements", XML, xml("<ex:a/>" * (300_000 // LESS)).encode()
    yield "many comments", XML, ("<!---->" * (500_000 // LESS) + xml()).encode()
    yield "many keys", JSON, json.dumps(plain(**{f"ex:{n}": n for n in range(100_000 // LESS)})).encode()
    yield "same key", JSON, b"{" + b'"a":1,' * (500_000 // LESS) + b'"a":1}'
    yield "colliding numbers", JSON, ("[" + "1e400000000," * (100_000 // LESS) + "1]").encode()
    yield "long number", JSON, b'{"a": ' + b"9" * (2_000_000 // LESS) + b"}"
    yield "escapes", JSON, b'"' + b"\\u0041" * (1_000_000 // LESS) + b'"'
    yield "white space", JSON, b" " * (5_000_000 // LESS)


def deep() -> Iterator[Body]:
    """A hundred thousand levels."""
    yield "lists", JSON, b"[" * DEEP
    yield "closed lists", JSON, b"[" * DEEP + b"]" * DEEP
    yield "objects", JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield "mixed", LD, b'[{"a":' * DEEP
    yield "an extension", JSON, json.dumps(plain(**{"ex:deep": 0})).replace('"ex:deep": 0', '"ex:deep": ' + "[" * DEEP + "]" * DEEP).encode()
    yield "elements", XML, b"<a>" * DEEP
    yield "closed elements", XML, xml("<ex:a>" * DEEP + "</ex:a>" * DEEP).encode()
    yield "namespaces", XML, xml("".join(f'<a{n} xmlns="urn:{n}">' for n in range(20_000))).encode()
    yield "less deep", XML, xml("<ex:a>" * 250 + "</ex:a>" * 250).encode()
    yield "less deep lists", JSON, json.dumps(plain(**{"ex:deep": 0})).replace('"ex:deep": 0', '"ex:deep": ' + "[" * 900 + "]" * 900).encode()


def encodings() -> Iterator[Body]:
    """Bytes in other encodings than they say, or than anybody reads."""
    good_json, good_xml = json.dumps(plain(**{"ex:note": "溯源"}), ensure_ascii=False), xml("<ex:note>溯源</ex:note>")
    for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-7", "gb18030", "big5", "shift_jis"):
        yield f"JSON in {name}", JSON, good_json.encode(name)
        yield f"JSON in {name}, said", f"{JSON}; charset={name}", good_json.encode(name)
        yield f"XML in {name}", XML, good_xml.encode(name)
        yield f"XML in {name}, said", f"{XML}; charset={name}", f'<?xml version="1.0" encoding="{name}"?>{good_xml}'.encode(name)
    for name in ("UTF-16", "UTF-32", "UCS-4", "EBCDIC-CP-US", "ISO-2022-JP", "nonsense", "UTF-8\x00", "a" * 5_000, "base64", "rot13", "zlib"):
        yield f"XML that says {name[:20]!r}", XML, f'<?xml version="1.0" encoding="{name}"?>{good_xml}'.encode()
        yield f"JSON that says {name[:20]!r}", f"{JSON}; charset={name[:50].strip(chr(0))}", good_json.encode()
    for name, piece in UNREADABLE.items():
        yield f"{name} in JSON", JSON, good_json.encode().replace("溯".encode(), piece)
        yield f"{name} in XML", XML, good_xml.encode().replace("溯".encode(), piece)
        yield f"{name} before JSON", JSON, piece + good_json.encode()
        yield f"{name} before XML", XML, piece + good_xml.encode()
    for name in (r"\u0000", r"\ud800", r"\udc00\ud800", r"\uD83D\uDE00", r"\x00", "&#0;", "&#xD800;", "&#xFFFF;", "&undefined;"):
        yield f"{name} in JSON", JSON, good_json.replace("溯", name).encode()
        yield f"{name} in XML", XML, good_xml.replace("溯", name).encode()


def cut_off(chance: Random) -> Iterator[Body]:
    """Documents that end before their end."""
    for kind, whole in ((JSON, json.dumps(plain()).encode()), (XML, xml("<disposition>in_transit</disposition>").encode())):
        for place in chance.sample(range(len(whole)), 25):
            yield f"{kind} cut at {place}", kind, whole[:place]


def compressed() -> Iterator[tuple[str, bytes]]:
    """(encoding as it is said, body): 30 MB of nothing, and lies."""
    zeros = gzip.compress(b" " * 30_000_000)
    yield "gzip", zeros
    yield "gzip, gzip", gzip.compress(zeros)
    yield "deflate", zlib.compress(b"[" * 30_000_000)
    yield "x-gzip", zeros[: len(zeros) // 2]
    for encoding in ("br", "zstd", "compress", "identity", "nonsense", "gzip;q=0", "*", ""):
        yield encoding, json.dumps(plain()).encode()


def requests(token: str) -> Iterator[tuple[str, bytes]]:
    """Whole requests, byte by byte, that no client library sends."""
    start = f"POST /epcis/capture HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n".encode()
    chunked = start + b"Transfer-Encoding: chunked\r\n\r\n"
    yield "chunk longer than said", chunked + b"2\r\n{}{}{}\r\n0\r\n\r\n"
    yield "chunk shorter than said", chunked + b"ff\r\n{}\r\n0\r\n\r\n"
    yield "chunk of a size beyond all", chunked + b"ffffffffffffffff\r\n{}\r\n0\r\n\r\n"
    yield "chunk of a size beyond numbers", chunked + b"f" * 2_000 + b"\r\n{}\r\n"
    yield "chunk of a negative size", chunked + b"-1\r\n{}\r\n0\r\n\r\n"
    yield "chunk of no size", chunked + b"zz\r\n{}\r\n0\r\n\r\n"
    yield "chunk with long extension", chunked + b"2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n"
    yield "chunks that end nowhere", chunked + b"2\r\n{}\r\n"
    yield "long trailer", chunked + b"2\r\n{}\r\n0\r\n" + b"X: " + b"a" * 100_000 + b"\r\n\r\n"
    yield "length and chunks", start + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    yield "two lengths", start + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
    yield "longer than said", start + b"Content-Length: 2\r\n\r\n{}{}{}"
    yield "shorter than said", start + b"Content-Length: 500\r\n\r\n{}"
    yield "negative length", start + b"Content-Length: -5\r\n\r\n{}"
    yield "transfer of another kind", start + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    yield "huge header", start + b"X-Long: " + b"a" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}"
    yield "many headers", start + b"".join(b"X-%d: a\r\n" % n for n in range(5_000)) + b"Content-Length: 2\r\n\r\n{}"
    yield "header with NUL", start + b"X-Nul: a\x00b\r\nContent-Length: 2\r\n\r\n{}"
    yield "folded header", start + b"X-Fold: a\r\n b\r\nContent-Length: 2\r\n\r\n{}"
    yield "header of raw bytes", start + b"X-Raw: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}"
    yield "long address", b"GET /epcis/events?EQ_eventID=" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "address with NUL", b"GET /epcis/events/a%00b HTTP/1.1\r\nHost: x\r\nAuthorization: " + token.encode() + b"\r\n\r\n"
    yield "address of no UTF-8", b"GET /epcis/events?EQ_eventID=%ff%fe HTTP/1.1\r\nHost: x\r\nAuthorization: " + token.encode() + b"\r\n\r\n"
    yield "no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    yield "no version", b"GET /\r\n\r\n"
    yield "version of the future", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n"
    yield "method of its own", b"A" * 10_000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "no line end", b"A" * 200_000
