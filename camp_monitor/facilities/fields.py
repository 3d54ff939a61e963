"""Fields of a facility's file: texts without hidden signs, keys, addresses, numbers."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)

# Letters without a shape, such as Hangul fillers.  Marks that turn text round are of category Cf.
_SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def check_text(text: str) -> str:
    """Return `text`, or raise ValueError for one that is blank or holds invisible controls."""
    if not text.strip():
        raise ValueError("text is blank")
    for character in text:
        if _is_control(character):
            raise ValueError(f"text holds the control character U+{ord(character):04X}")
    return text


def printable(text: str) -> str:
    """Put a question mark for every character that `check_text` refuses."""
    return "".join("?" if _is_control(character) else character for character in text)


def _is_control(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in _SHAPELESS


def _check_url(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s<>\"]+", url):
        raise ValueError("an address starts with http:// or https:// and holds no spaces")
    return url


def bounded(*, le: float, ge: float | None = None, gt: float | None = None) -> Any:
    """Return a field of a number within bounds, which no text may stand for."""
    return Field(strict=True, ge=ge, gt=gt, le=le)


Text = Annotated[str, Field(max_length=4000), AfterValidator(check_text)]
Name = Annotated[str, Field(max_length=200), AfterValidator(check_text)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
Url = Annotated[str, Field(max_length=1000), AfterValidator(_check_url)]
Metres = Annotated[float, bounded(gt=0, le=1e6)]
