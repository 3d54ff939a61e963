"""From codes and numbers to the sentences that a person reads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from string import Formatter
from typing import Any

from camp_monitor.codes import Cause, Code, Measure
from camp_monitor.errors import CampMonitorError, Refusal, SceneError
from camp_monitor.notes import Explanation, Measurements, Note
from camp_monitor.report.text.catalogue import read_catalogue
from camp_monitor.report.text.en import ENGLISH
from camp_monitor.report.text.language import Language
from camp_monitor.scenes.sensors import SENSORS

DEFAULT = "en"
LANGUAGES: dict[str, Language] = {DEFAULT: ENGLISH}
"""Those read so far, by the code of ISO 639-1; `texts` reads the catalogue of another."""

_in_use: ContextVar[str | None] = ContextVar("language", default=None)


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Make every text in a language until the block ends, as `decimal.localcontext` does digits.

    What draws a page or composes a message opens such a block; what words its parts takes the
    language from there.

    Parameters
    ----------
    language : str
        ``en`` or ``ko``.

    Raises
    ------
    InputError
        There is no catalogue of it.
    """
    texts(language)
    before = _in_use.set(language)
    try:
        yield
    finally:
        _in_use.reset(before)


def language_in_use() -> str:
    """Return the language in which texts are made here."""
    return _in_use.get() or DEFAULT


def choose_language(asked: str | None, settings: str) -> str:
    """Return the language asked for, else that of a block `in_language`, else of the settings."""
    return asked or _in_use.get() or settings


class _Format(Formatter):
    """Formats of Python, and those that `Language` lists."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "percent":
            return _share(self.language, float(value))
        if format_spec == "list":
            return ", ".join(value) if isinstance(value, (tuple, list)) else str(value)
        if format_spec == "sensor":
            return SENSORS[value].title if value in SENSORS else str(value)
        names = self.language.names.get(format_spec)
        if names is not None and isinstance(value, int):
            return names.get(str(value), names["other"]).format(value)
        if names is not None:
            codes = value if isinstance(value, tuple) else (value,)
            return ", ".join(names.get(code, str(code)) for code in codes)
        text = str(super().format_field(value, format_spec))
        return f"{float(text):,.0f}" if "e+" in text else text  # 3e+03 is not how people write


def texts(language: str | None = None) -> Language:
    """Return all texts of a language; None, here and below: of the one in use."""
    code = language or language_in_use()
    if code not in LANGUAGES:
        LANGUAGES[code] = read_catalogue(code)
    return LANGUAGES[code]


def sentence(note: Note, language: str | None = None) -> str:
    """Make the sentence of a note."""
    return _filled(texts(language), texts(language).codes[note.code], note.numbers)


def sentences(notes: Iterable[Note], language: str | None = None) -> tuple[str, ...]:
    """Make the sentences of notes, in their order."""
    return tuple(sentence(item, language) for item in notes)


def with_text(note: Note, language: str | None = None) -> dict[str, Any]:
    """Return a note as plain JSON values, with its sentence under ``text``."""
    return note.to_dict() | {"text": sentence(note, language)}


def error_text(error: CampMonitorError) -> str:
    """Return what an error says: its message, and the sentences of the codes that it holds."""
    if isinstance(error, Refusal):
        return sentence(error.note)
    notes = error.notes if isinstance(error, SceneError) else ()
    return " ".join((str(error), *sentences(notes)))


def name_of(which: str, code: str, language: str | None = None) -> str:
    """Name a code of a short list: ``name_of("kind", "built_up")``; an unknown one as it is."""
    return texts(language).names[which].get(code, code)


def phrase(name: str, language: str | None = None, **values: Any) -> str:
    """Make a phrase of a report."""
    return _filled(texts(language), texts(language).phrases[name], values)


def measured_rows(
    numbers: Measurements, caveats: Iterable[Note] = (), language: str | None = None
) -> tuple[tuple[str, str], ...]:
    """Print measurements as (label, value with unit), in their order.

    Of a record of schema 1 to 3 what was measured stands among its `caveats`, as it was printed.
    """
    said = texts(language)
    rows = []
    for name, value in numbers:
        measure, *qualifiers = name.split(":")
        how = said.measures[Measure(measure)]
        label = how.label
        if qualifiers:
            names = said.names["name"]
            label += f" ({', '.join(names.get(part, part) for part in qualifiers)})"
        rows.append((label, _filled(said, how.shown, {"value": value})))
    earlier = [item.numbers for item in caveats if item.code == Code.AS_RECORDED]
    rows += [(str(item["name"]), str(item["text"])) for item in earlier if "name" in item]
    return tuple(rows)


def caveat_sentences(caveats: Iterable[Note], language: str | None = None) -> tuple[str, ...]:
    """Make the sentences of caveats, without what a record of schema 1 to 3 measured."""
    return tuple(sentence(item, language) for item in caveats if "name" not in item.numbers)


def explanation_rows(
    explanations: Iterable[Explanation], language: str | None = None
) -> tuple[tuple[str, str, str], ...]:
    """Print alternative explanations as (cause, verdict, what was measured)."""
    said = texts(language)
    rows = []
    for item in explanations:
        cause = said.causes[item.cause]
        if item.cause == Cause.AS_RECORDED:
            cause = str(item.notes[0].numbers.get("name", cause))
        measured = " ".join(sentences(item.notes, language))
        rows.append((cause, said.verdicts[item.verdict], measured))
    return tuple(rows)


def share_text(fraction: float) -> str:
    """Print a share rounded down, so that part is never printed as all: 0.999 is ``99 %``."""
    return _share(texts(), fraction)


def _share(said: Language, fraction: float) -> str:
    if 0 < fraction < 0.01:
        return said.phrases["percent.least"]
    return said.phrases["percent"].format(percent=math.floor(fraction * 100 + 1e-9))


def _filled(said: Language, text: str, values: Mapping[str, Any]) -> str:
    if _is_plain(text) and all(type(value) is str for value in values.values()):
        return text.format_map(values)  # the same, and ten times as fast: long lists need it
    return _Format(said).vformat(text, (), values)


@cache
def _is_plain(text: str) -> bool:
    """Whether a template only puts texts in their places."""
    return all(not spec and not conversion for *_, spec, conversion in Formatter().parse(text))
