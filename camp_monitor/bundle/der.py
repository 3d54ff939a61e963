"""Certificates of a time stamp put in the order of DER.

Authorities that run ``openssl ts`` send them in the order of their chain, where DER sorts a set
(ITU-T X.690, 11.6), and rfc3161-client reads nothing else.  No signature covers that order.
"""

from __future__ import annotations

_CERTIFICATES = 0xA0


def in_order(answer: bytes) -> bytes:
    """Return an answer of an authority with the certificates in it sorted, else as it is.

    Raises
    ------
    ValueError
        It is no answer with a stamp.
    """
    response, _ = _span(answer, 0)
    parts = _parts(answer, response)
    if len(parts) < 2:
        return answer  # a refusal
    _, content = _parts(answer, parts[1])
    [signed] = _parts(answer, content)
    for start, stop in _parts(answer, signed):
        if answer[start] == _CERTIFICATES:
            certificates = [answer[slice(*one)] for one in _parts(answer, (start, stop))]
            length = sum(map(len, certificates))
            return answer[: stop - length] + b"".join(sorted(certificates)) + answer[stop:]
    return answer


Span = tuple[int, int]
"""From the first byte of a value, its tag, to the one after its last."""


def _parts(content: bytes, whole: Span) -> list[Span]:
    """Return the spans of the values inside of one."""
    _, start = _span(content, whole[0])
    parts = []
    while start < whole[1]:
        part, _ = _span(content, start)
        parts.append(part)
        start = part[1]
    if start != whole[1]:
        raise ValueError("a value is longer than the one that it is in")
    return parts


def _span(content: bytes, start: int) -> tuple[Span, int]:
    """Return the span of the value that begins at `start`, and where its content begins."""
    if start + 2 > len(content):
        raise ValueError("it ends in the middle of a value")
    length, body = content[start + 1], start + 2
    if length >= 0x80:
        body += length - 0x80
        length = int.from_bytes(content[start + 2 : body], "big")
    if body + length > len(content):
        raise ValueError("it ends in the middle of a value")
    return (start, body + length), body
