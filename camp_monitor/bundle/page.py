"""The page of a bundle: how a stranger verifies it, in plain words and lines for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from camp_monitor.bundle.bag import MANIFEST, STAMPS, TAG_MANIFEST
from camp_monitor.bundle.stamps import CERTIFICATES, TOKEN
from camp_monitor.codes import LanguageCode
from camp_monitor.facilities import Facility
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import in_language, phrase

COLUMNS = 80
_STAMPS = f"{STAMPS}*{TOKEN}"
FILES = (
    f"sha256sum -c {TAG_MANIFEST}", f"sha256sum -c {MANIFEST}", f"sha256sum {TAG_MANIFEST}",
)  # fmt: skip
TIMES = (
    f"for s in {_STAMPS}; do openssl ts -verify -data {TAG_MANIFEST} -in $s "
    f"-CAfile ${{s%{TOKEN}}}{CERTIFICATES}; done",
    f'for s in {_STAMPS}; do openssl ts -reply -in $s -text | grep "Time stamp:"; done',
)
AUTHORITIES = (
    f"for c in {STAMPS}*{CERTIFICATES}; do openssl x509 -in $c -noout -subject -fingerprint "
    f"-sha256; done",
)
AGAIN = ("pip install camp-monitor", "camp-monitor verify . --reproduce")


@dataclass(frozen=True)
class About:
    """What the page names.

    Parameters
    ----------
    ids : tuple of str
    facilities : tuple of Facility
    head : str
        Of the ledger.
    tables : tuple of str
        Of the ledger, in the order in which the head has them.
    simulated : bool
        Whether a program painted any of the images.
    """

    ids: tuple[str, ...]
    facilities: tuple[Facility, ...]
    head: str
    tables: tuple[str, ...]
    simulated: bool


def page_text(about: About) -> str:
    """Write the page in English, then in Korean."""
    return f"\n{'=' * COLUMNS}\n\n".join(_in(about, language.value) for language in LanguageCode)


def head_command(tables: Sequence[str]) -> str:
    """Return the line that prints the head of the ledger from its chains."""
    return (
        f"for t in {' '.join(tables)}; do "
        "awk -v t=$t '{h = $2} END {if (!NR) h = sprintf(\"%064d\", 0); print t, NR, h}' "
        "data/ledger/$t.txt; done | sha256sum"
    )


def _in(about: About, language: str) -> str:
    with in_language(language):
        ids = ", ".join(about.ids)
        places = ", ".join(map(words.facility_name, about.facilities))
        title = phrase("bundle.name", ids=ids, places=places)
        parts = [
            f"{title}\n{'=' * min(_columns(title), COLUMNS)}",
            *([_wrapped(phrase("bundle.simulated"))] if about.simulated else []),
            _wrapped(phrase("bundle.page.what", ids=ids, places=places)),
            phrase("bundle.page.files"),
            _lines(FILES),
            _wrapped(phrase("bundle.page.files.how")),
            phrase("bundle.page.stamps"),
            _wrapped(phrase("bundle.page.stamps.how")),
            _lines(TIMES),
            _wrapped(phrase("bundle.page.stamps.who")),
            _lines(AUTHORITIES),
            _wrapped(phrase("bundle.page.stamps.later")),
            phrase("bundle.page.ledger"),
            _wrapped(phrase("bundle.page.ledger.records")),
            _lines((head_command(about.tables),)),
            _wrapped(phrase("bundle.page.ledger.head", head=about.head)),
            _wrapped(phrase("bundle.page.ledger.chain")),
            phrase("bundle.page.again"),
            _wrapped(phrase("bundle.page.again.how")),
            _lines(AGAIN),
            phrase("bundle.page.where"),
            _wrapped(phrase("bundle.page.where.list")),
            phrase("bundle.page.not"),
            _wrapped(phrase("bundle.page.not.list")),
        ]
    return "\n\n".join(parts) + "\n"


def _lines(commands: Sequence[str]) -> str:
    """Set command lines as code of their own."""
    return "\n".join(f"    {line}" for line in commands)


def _wrapped(text: str) -> str:
    """Break a paragraph into lines; a Korean letter takes two columns."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and _columns(longer) > COLUMNS:
            lines.append(line)
            longer = word
        line = longer
    return "\n".join([*lines, line])


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
