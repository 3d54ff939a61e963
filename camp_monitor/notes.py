"""Notes: a code with its numbers; measurements by name; explanations with their verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from camp_monitor.codes import Cause, Code, Measure, Verdict

Value = int | float | str | tuple[str, ...]
"""What stands beside a code: a number with its unit in the name, an id, or names of bands."""


SIGNIFICANT_DIGITS = 6
"""Digits of a number that are kept: the last bit of another machine makes no other record."""


@dataclass(frozen=True)
class Note:
    """A code and what goes with it.

    Parameters
    ----------
    code : Code
    values : tuple of (str, Value)
        By name, in the order of names; floats of six significant digits.

    Raises
    ------
    ValueError
        A number is not finite, or a value of another kind.
    """

    code: Code
    values: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", Code(self.code))
        plain = tuple(sorted((name, plain_value(value)) for name, value in self.values))
        object.__setattr__(self, "values", plain)

    @property
    def numbers(self) -> dict[str, Value]:
        """The values by name."""
        return dict(self.values)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; `from_dict` reverses it."""
        return {"code": str(self.code), **({"values": dict(self.values)} if self.values else {})}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Make a note from what `to_dict` returned."""
        values = content.get("values", {})
        return cls(Code(content["code"]), tuple(values.items()))


def note(code: Code, /, **values: Value) -> Note:
    """Make a note: ``note(Code.SHIFT_LEFT, shift_px=1.4)``."""
    return Note(code, tuple(values.items()))


def recorded(sentences: Iterable[str]) -> tuple[Note, ...]:
    """Keep sentences of a ledger of schema 1 to 3 as they stand there."""
    return tuple(note(Code.AS_RECORDED, text=text) for text in sentences)


def plain_value(value: Any) -> Value:
    """Return a value as JSON keeps it.

    Raises
    ------
    ValueError
        A number is not finite, or it is of another kind.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (tuple, list)) and all(isinstance(part, str) for part in value):
        return tuple(str(part) for part in value)
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (bool, int)):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return plain_number(value)
    raise ValueError(f"{value!r:.80} is neither a finite number nor a name")


def plain_number(value: float) -> float:
    """Round to six significant digits, without a minus before 0."""
    return float(f"{float(value):.{SIGNIFICANT_DIGITS}g}") + 0.0


@dataclass(frozen=True)
class Explanation:
    """An alternative explanation of a finding, and what came of examining it.

    Parameters
    ----------
    cause : Cause
    verdict : Verdict
        ``ruled_out``: what was measured does not allow it; ``possible``: it does; ``not_testable``:
        what would be needed to tell is not there.
    notes : tuple of Note
        What was measured, in the order to show.
    """

    cause: Cause
    verdict: Verdict
    notes: tuple[Note, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "cause", Cause(self.cause))
        object.__setattr__(self, "verdict", Verdict(self.verdict))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; `from_dict` reverses it."""
        return {
            "cause": str(self.cause),
            "verdict": str(self.verdict),
            "notes": [item.to_dict() for item in self.notes],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Make an explanation from what `to_dict` returned."""
        notes = tuple(Note.from_dict(item) for item in content["notes"])
        return cls(Cause(content["cause"]), Verdict(content["verdict"]), notes)


Measurements = tuple[tuple[str, float], ...]
"""Numbers by the name of their `Measure`, in its order."""


_RANKS = {str(measure): rank for rank, measure in enumerate(Measure)}


def measurements(numbers: Mapping[str, float]) -> Measurements:
    """Order and round what was measured.

    Parameters
    ----------
    numbers : mapping of str to float
        By the name of a `Measure`, with qualifiers after colons.

    Raises
    ------
    ValueError
        There is no such `Measure`, or a number is not finite.
    """
    plain = []
    for name, value in numbers.items():
        rank = _RANKS.get(name.partition(":")[0])
        number = plain_value(value)
        if rank is None or isinstance(number, (str, tuple)):
            raise ValueError(f"{name!r:.80} of {value!r:.80} is no measurement")
        plain.append((rank, name, number))
    return tuple((name, number) for _, name, number in sorted(plain))


def qualified(numbers: Mapping[str, float], qualifier: str) -> dict[str, float]:
    """Return measurements whose names go on with a qualifier: ``water_below:before``."""
    return {f"{name}:{qualifier}": value for name, value in numbers.items()}
