"""Every text that a person reads, swapped for another with the same values in it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from camp_monitor.report.text import sentences
from camp_monitor.report.text.en import ENGLISH
from camp_monitor.report.text.language import Language, Measured

Key = TypeVar("Key")
MARK = "SIMULATED"
"""Says in every language that no satellite took an image."""
ROOT = Path(__file__).parents[1]


def swap(said: Language) -> Language:
    """Turn every word of a language into another of the same length; `MARK` stays."""
    return Language(
        codes=_marked(said.codes),
        measures={
            key: Measured(_other(how.label), _other(how.shown))
            for key, how in said.measures.items()
        },
        causes=_marked(said.causes),
        verdicts=_marked(said.verdicts),
        names={name: _marked(texts) for name, texts in said.names.items()},
        phrases=_marked(said.phrases),
    )


def swap_for_good() -> None:
    """Swap the texts of this process."""
    sentences.LANGUAGES[sentences.DEFAULT] = swap(sentences.LANGUAGES[sentences.DEFAULT])


def preamble() -> str:
    """Return the first lines of a program that shall print the texts that this process prints."""
    if sentences.LANGUAGES[sentences.DEFAULT] is ENGLISH:
        return ""
    return (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.swapped import swap_for_good; swap_for_good()\n"
    )


@contextmanager
def swapped() -> Iterator[None]:
    """Swap the texts of this process for a while."""
    held = sentences.LANGUAGES[sentences.DEFAULT]
    swap_for_good()
    try:
        yield
    finally:
        sentences.LANGUAGES[sentences.DEFAULT] = held


def _marked(texts: Mapping[Key, str]) -> dict[Key, str]:
    return {key: _other(text) for key, text in texts.items()}


def _other(text: str) -> str:
    """Turn the letters of a format string that are not part of a field."""
    pieces = re.split(rf"({MARK}|\{{[^{{}}]*\}})", text)
    return "".join(
        piece if number % 2 else codecs.encode(piece, "rot13")
        for number, piece in enumerate(pieces)
    )
