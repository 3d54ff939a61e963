"""Catalogues of translations: a file ``xx.po`` of gettext for every language but English.

An entry stands for one text of `camp_monitor.report.text.en`: its context (``msgctxt``) says which,
``codes:too_cloudy`` or ``phrases:map.title``, and its ``msgid`` is the English text, so that an
editor for translators opens the file.  Counts need no plural forms of gettext: each text of a list
of counts is an entry of its own, ``names:days:1`` and ``names:days:other``.

``python -m camp_monitor.report.text.catalogue`` brings the catalogues up to date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from camp_monitor.errors import InputError
from camp_monitor.report.text.en import ENGLISH
from camp_monitor.report.text.language import Language, Measured

if TYPE_CHECKING:
    from polib import POFile

FOLDER = Path(__file__).parent
Key = TypeVar("Key", bound=str)


def catalogue_path(code: str) -> Path:
    """Return where the catalogue of a language is."""
    return FOLDER / f"{code}.po"


def languages() -> tuple[str, ...]:
    """Return the codes of all languages, English first."""
    return ("en", *sorted(path.stem for path in FOLDER.glob("*.po")))


def contexts(said: Language) -> Iterator[tuple[str, str]]:
    """Go through all texts of a language, each with the context that names it."""
    for part in ("codes", "causes", "verdicts", "phrases"):
        for key, text in getattr(said, part).items():
            yield f"{part}:{key}", text
    for measure, how in said.measures.items():
        yield f"measures:{measure}:label", how.label
        yield f"measures:{measure}:shown", how.shown
    for name, members in said.names.items():
        for key, text in members.items():
            yield f"names:{name}:{key}", text


def read_catalogue(code: str) -> Language:
    """Read the texts of a language.

    As always with gettext, an English text stands where there is no translation, or one of an
    earlier English text; `camp_monitor` itself has none such, its tests see to that.

    Raises
    ------
    InputError
        There is no catalogue of this language.
    """
    if code not in languages():
        raise InputError(f"There are no texts in {code!r}: use one of {', '.join(languages())}.")
    import polib

    entries = polib.pofile(str(catalogue_path(code)))
    told = {
        (entry.msgctxt, entry.msgid): entry.msgstr
        for entry in entries
        if entry.msgstr and not entry.fuzzy and not entry.obsolete
    }
    return translated(ENGLISH, told)


def translated(english: Language, told: Mapping[tuple[str, str], str]) -> Language:
    """Put translations, by context and English text, in the places of English texts."""

    def of(context: str, text: str) -> str:
        return told.get((context, text), text)

    def part(name: str, texts: Mapping[Key, str]) -> dict[Key, str]:
        return {key: of(f"{name}:{key}", text) for key, text in texts.items()}

    return Language(
        codes=part("codes", english.codes),
        measures={
            key: Measured(
                of(f"measures:{key}:label", how.label), of(f"measures:{key}:shown", how.shown)
            )
            for key, how in english.measures.items()
        },
        causes=part("causes", english.causes),
        verdicts=part("verdicts", english.verdicts),
        names={name: part(f"names:{name}", texts) for name, texts in english.names.items()},
        phrases=part("phrases", english.phrases),
    )


def updated(catalogue: POFile, english: Language = ENGLISH) -> POFile:
    """Return a catalogue with exactly one entry for each English text, in their order.

    New texts are untranslated.  Where the English of a context is another, the translation is kept
    and marked fuzzy, and the earlier English stands beside it, as ``msgmerge`` does; what has no
    English text any more is left out.
    """
    import polib

    known = {entry.msgctxt: entry for entry in catalogue if not entry.obsolete}
    result = polib.POFile(wrapwidth=100)
    result.header, result.metadata = catalogue.header, catalogue.metadata
    for context, text in contexts(english):
        held = known.get(context)
        entry = polib.POEntry(msgctxt=context, msgid=text, msgstr=held.msgstr if held else "")
        if held and held.msgid == text:
            entry.flags = [flag for flag in held.flags if flag != "python-brace-format"]
            entry.previous_msgid = held.previous_msgid
            entry.tcomment = held.tcomment
        elif held and held.msgstr:
            entry.flags, entry.previous_msgid = ["fuzzy"], held.msgid
        if "{" in text:
            entry.flags.append("python-brace-format")
        result.append(entry)
    return result


def update() -> None:
    """Bring every catalogue up to date with the English texts, and say what is left to do."""
    import polib

    for code in languages()[1:]:
        path = catalogue_path(code)
        catalogue = updated(polib.pofile(str(path)))
        path.write_text(str(catalogue), encoding="utf-8")
        left = [entry for entry in catalogue if not entry.translated()]
        print(f"{path.name}: {len(catalogue)} texts, {len(left)} to translate")
        for entry in left:
            print(f"  {entry.msgctxt}: {entry.msgid}")


if __name__ == "__main__":
    update()
