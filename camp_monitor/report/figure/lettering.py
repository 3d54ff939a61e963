"""Letters of the figure: which fonts, which characters they have, and where lines are broken.

Latin letters come from the font inside matplotlib, so that a figure has the same bytes on every
machine; Korean letters from a font of the machine, found by name, or not at all.  What the Korean
font lacks, such as Hebrew, Arabic and many emoji, comes from the font inside matplotlib.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

KOREAN_FONTS = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "Nanum Gothic",
    "NanumBarunGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Noto Sans CJK JP",
)
"""Families that have Hangul, best first; the last is the face that older readers of a CJK
collection see, and it has the same Hangul."""

INNER = "DejaVu Sans"
"""Family of the font inside matplotlib: Latin, Greek, Cyrillic, Hebrew, Arabic, many emoji."""

LEFT_TO_RIGHT = "\u200e"
"""A sign without a shape that states the direction of a line (Unicode UAX 9)."""

UNKNOWN = "?"
"""Printed for a character that cannot be."""


def latin_font(*, bold: bool = False) -> FontProperties:
    """Return the font that travels with matplotlib."""
    import matplotlib
    from matplotlib.font_manager import FontProperties

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FontProperties(fname=str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name))


def korean_font(family: str, *, bold: bool = False) -> FontProperties:
    """Return a Korean font, and the one inside matplotlib for what it lacks."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(family=[family, INNER], weight="bold" if bold else "normal")


def find_korean_font(texts: Iterable[str]) -> str | None:
    """Return the family of `KOREAN_FONTS` that this machine has, with every character of `texts`.

    Returns
    -------
    str or None
        None where there is no such font: the text must then be left out, never drawn as boxes.
    """
    from matplotlib.font_manager import FontProperties, findfont

    needed = "".join(texts)
    for family in KOREAN_FONTS:
        try:
            findfont(FontProperties(family=[family]), fallback_to_default=False)
        except ValueError:
            continue
        if not missing_characters(needed, FontProperties(family=[family])):
            return family
    return None


def fonts_for(text: str, korean: str | None) -> tuple[FontProperties, FontProperties]:
    """Return the plain and the bold font for a text: the Latin ones, else those of a Korean family.

    What neither has is printed as `UNKNOWN`.
    """
    if korean is None or not missing_characters("".join(text.split()), latin_font()):
        return latin_font(), latin_font(bold=True)
    return korean_font(korean), korean_font(korean, bold=True)


def missing_characters(text: str, font: FontProperties) -> str:
    """Return the characters of `text` that a font has no glyph for, each once, in order."""
    return "".join(sign for sign in dict.fromkeys(text) if not _has_glyph(sign, font))


def unprintable(texts: Iterable[str], korean: str | None) -> str:
    """Return the visible characters of texts that a figure prints as `UNKNOWN`, each once."""
    font = latin_font() if korean is None else korean_font(korean)
    return missing_characters("".join(filter(str.isprintable, "".join(texts))), font)


def is_korean(sign: str) -> bool:
    """Tell whether a character is of Hangul, which a font may be looked for."""
    return (
        "\uac00" <= sign <= "\ud7a3" or "\u1100" <= sign <= "\u11ff" or "\u3130" <= sign <= "\u318f"
    )


def left_to_right(line: str) -> str:
    """Return a line that begins at the left, though its first letters may run to the left."""
    runs_left = any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in line)
    return f"{LEFT_TO_RIGHT}{line}" if runs_left else line


def printable(text: str, font: FontProperties) -> str:
    """Return one line of text that a font can draw.

    White space of any kind becomes one space; control characters, characters that turn the
    direction of writing, and those without a glyph become `UNKNOWN`.
    """
    joined = " ".join(text.split())
    return "".join(
        sign if sign.isprintable() and _has_glyph(sign, font) else UNKNOWN for sign in joined
    )


def text_width_pt(text: str, font: FontProperties, size_pt: float) -> float:
    """Measure a line, points."""
    from matplotlib.textpath import text_to_path

    sized = font.copy()
    sized.set_size(size_pt)
    width, _, _ = text_to_path.get_text_width_height_descent(text, sized, ismath=False)
    return float(width)


def shorten(text: str, font: FontProperties, size_pt: float, width_pt: float) -> str:
    """Cut a line that is wider than `width_pt`, and mark the cut."""
    if text_width_pt(text, font, size_pt) <= width_pt:
        return text
    return f"{_fitting(text, font, size_pt, width_pt, '…').rstrip()}…"


def wrap(text: str, font: FontProperties, size_pt: float, width_pt: float) -> list[str]:
    """Break a text into lines no wider than `width_pt`; a word that is wider is broken too."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if text_width_pt(longer, font, size_pt) <= width_pt:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while text_width_pt(line, font, size_pt) > width_pt:
            part = _fitting(line, font, size_pt, width_pt, "") or line[:1]
            lines.append(part)
            line = line[len(part) :]
    return [*lines, line] if line else lines


def _fitting(text: str, font: FontProperties, size_pt: float, width_pt: float, end: str) -> str:
    """Return the longest beginning of `text` that fits with `end` after it."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width_pt(text[:middle] + end, font, size_pt) <= width_pt:
            low = middle
        else:
            high = middle - 1
    return text[:low]


def _has_glyph(sign: str, font: FontProperties) -> bool:
    return sign.isspace() or any(_glyph_index(path, ord(sign)) for path in _files(font))


def _files(font: FontProperties) -> list[str]:
    """Return the files of a font: its own, or those of its families in their order."""
    from matplotlib.font_manager import FontProperties, findfont

    if font.get_file() is not None:
        return [str(font.get_file())]
    return [findfont(FontProperties(family=[name])) for name in font.get_family()]


@functools.lru_cache(maxsize=4096)
def _glyph_index(path: str, code: int) -> int:
    from matplotlib.font_manager import get_font

    return int(get_font(path).get_char_index(code))
