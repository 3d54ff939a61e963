"""Every text that a person reads, swapped for another with the same values in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from camp_monitor.report.text import sentences
from camp_monitor.report.text.language import Language, Measured

Key = TypeVar("Key")


def swap(said: Language) -> Language:
    """Put a mark before and after every text of a language."""
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
    return f"¤{text}¤"
