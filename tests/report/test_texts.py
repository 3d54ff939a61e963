"""Every code has a text, and what a text prints is given wherever its code is made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from string import Formatter
from typing import Any

import pytest

from camp_monitor.codes import Cause, Code, LanguageCode, Measure, Verdict
from camp_monitor.notes import Explanation, Note, Value
from camp_monitor.report.text.language import Language
from camp_monitor.report.text.sentences import (
    explanation_rows,
    measured_rows,
    phrase,
    sentence,
    texts,
)
from tests.report.made import DEFINE_MAKERS, PACKAGE, Made, made, made_in

SPECIAL: dict[str, Value] = {"percent": 0.5, "list": ("a", "b"), "sensor": "sentinel-2"}
"""Formats that are not Python's, with a value of each."""
NOT_PLAIN = {
    ("assess/findings.py", "detection.unseen"): frozenset(
        {"AT_WATER", "AT_WATER_IN_RADAR", "UNDER_CLOUD_OR_SMOOTH"}
    ),
    ("detect/construction/multiband.py", "caveat"): frozenset(
        {"SMALL_THINGS", "BARE_GROUND", "BECAME_UNTOLD"}
    ),
    ("report/export/geopackage.py", "f'export.{layer}'"): frozenset(
        {"export.events", "export.findings", "export.not_seen"}
    ),
    ("watch/pictures.py", "f'picture.{suffix}'"): frozenset({"picture.png", "picture.html"}),
}
"""What is made where the source does not plainly tell, by file and expression."""

LANGUAGE = pytest.mark.parametrize("language", [code.value for code in LanguageCode])


def fields(text: str) -> Iterator[tuple[str, str]]:
    """Name and format of every value that a text prints."""
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None:
            assert name.isidentifier(), f"{text!r}: {name!r} is not the name of a value"
            assert conversion is None, f"{text!r}: {name!r} is converted"
            yield name, spec or ""


def names_in(text: str) -> set[str]:
    return {name for name, _ in fields(text)}


def texts_of(said: Language) -> dict[str, str]:
    """Every text of a language that has values, by what it is of."""
    return {
        **{f"{code!r}": text for code, text in said.codes.items()},
        **{f"{measure!r}": how.shown for measure, how in said.measures.items()},
        **{f"phrase {name}": text for name, text in said.phrases.items()},
    }


def value_for(spec: str, said: Language, number: float) -> Value:
    """A value that fits a format."""
    if spec in said.names:
        return next(iter(said.names[spec]))
    if spec in SPECIAL:
        return SPECIAL[spec]
    return number if spec else "one"


def filled(text: str, said: Language, number: float) -> dict[str, Value]:
    return {name: value_for(spec, said, number) for name, spec in fields(text)}


@LANGUAGE
@pytest.mark.parametrize(
    ("part", "members"),
    [("codes", Code), ("measures", Measure), ("causes", Cause), ("verdicts", Verdict)],
)
def test_every_member_has_a_text(language: str, part: str, members: Any) -> None:
    said: Mapping[Any, Any] = getattr(texts(language), part)
    assert set(said) == set(members), f"{part}: {set(said) ^ set(members)}"


@LANGUAGE
def test_every_text_prints_whole_numbers_and_others(language: str) -> None:
    said = texts(language)
    unfit = []
    for what, text in texts_of(said).items():
        for name, spec in fields(text):
            if spec and spec not in {*SPECIAL, *said.names}:
                try:
                    assert format(1, spec)
                    assert format(0.5, spec)
                except ValueError as error:
                    unfit.append(f"{what}: {{{name}:{spec}}}: {error}")
    assert not unfit


@LANGUAGE
@pytest.mark.parametrize("number", [0, 1, 0.5])
def test_every_text_is_made(language: str, number: float) -> None:
    said = texts(language)
    printed = {}
    for code, text in said.codes.items():
        made_of = Note(code, tuple(filled(text, said, number).items()))
        printed[repr(code)] = sentence(made_of, language)
    for measure in said.measures:
        ((label, shown),) = measured_rows(((str(measure), number),), language=language)
        printed[repr(measure)] = f"{label}: {shown}"
    for name, text in said.phrases.items():
        printed[f"phrase {name}"] = phrase(name, language, **filled(text, said, number))
    assert not {what for what, text in printed.items() if not text.strip() or "{" in text}


@LANGUAGE
def test_every_explanation_is_printed(language: str) -> None:
    of_each = [
        Explanation(cause, verdict, (Note(Code.REGION_UNUSABLE),))
        for cause in Cause
        for verdict in Verdict
    ]
    rows = explanation_rows(of_each, language)
    assert len({(cause, verdict) for cause, verdict, _ in rows}) == len(of_each)
    assert all(measured for _, _, measured in rows)


def made_here() -> list[Made]:
    """What the package makes, with `NOT_PLAIN` put in."""
    return [
        replace(one, members=NOT_PLAIN.get((one.file, one.said))) if one.members is None else one
        for one in made()
    ]


def test_the_source_tells_what_is_made() -> None:
    assert [one for one in made_here() if one.members is None or one.given is None] == []


def test_no_exception_outlives_its_source() -> None:
    unclear = {(one.file, one.said) for one in made() if one.members is None}
    assert set(NOT_PLAIN) <= unclear


@LANGUAGE
def test_what_a_text_prints_is_given_where_it_is_made(language: str) -> None:
    said = texts(language)
    missing = []
    for one in made_here():
        for member in sorted(one.members or ()):
            every: Mapping[Any, str] = said.phrases if one.is_phrase else said.codes
            text = every.get(member if one.is_phrase else Code[member])
            lacking = {"its text"} if text is None else names_in(text) - (one.given or set())
            if lacking:
                missing.append(f"{one.place}: {member} lacks {', '.join(sorted(lacking))}")
    assert not missing


def test_every_code_is_made_somewhere() -> None:
    rooms = [path for path in PACKAGE.rglob("*.py") if "text" not in path.parts]
    named: set[str] = set()
    for path in rooms:
        if path != PACKAGE / "codes.py":
            named |= set(re.findall(r"\bCode\.([A-Z0-9_]+)", path.read_text(encoding="utf-8")))
    assert not set(Code.__members__) - named - {"AS_RECORDED"}


def test_makers_are_found_in_the_source() -> None:
    source = """
TABLE = {"a": Code.ONE_DATE, "b": Code.GOES_ON}
def first(kind, far):
    shared = {"before": 1, **{"after": 2}}
    note(Code.SHIFT_LEFT, shift_px=1, **shared)
    raise Refusal(Code.LIMIT if far else Code.LIMIT_OPEN, **shared | dict(most_px=3))
def second(kind):
    lost = missing()
    note(TABLE[kind], **lost)
    return third(Code.UNTESTED) + phrase(f"seen{'.part' if kind else ''}")
def third(code):
    return note(code, by=1)
def fourth(note, reason):
    note(reason)
    raise Refusal(reason.code, **dict(reason.values))
"""
    expected: list[tuple[Any, Any]] = [
        ({"SHIFT_LEFT"}, {"shift_px", "before", "after"}),
        ({"LIMIT", "LIMIT_OPEN"}, {"before", "after", "most_px"}),
        ({"ONE_DATE", "GOES_ON"}, None),
        ({"seen", "seen.part"}, set()),
        ({"UNTESTED"}, {"by"}),
    ]
    assert [(one.members, one.given) for one in made_in(source, "painted.py")] == expected
    assert all((PACKAGE / name).is_file() for name in DEFINE_MAKERS)
