"""What a language must bring: every sentence and name that a person reads of a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from camp_monitor.codes import Cause, Code, Measure, Verdict


@dataclass(frozen=True)
class Measured:
    """How a measurement is printed.

    Parameters
    ----------
    label : str
        Its name: ``Shift left``.
    shown : str
        Its value with unit, a format of ``{value}``: ``{value:.2f} pixels``.
    """

    label: str
    shown: str


@dataclass(frozen=True)
class Language:
    """All texts of one language.

    Each text is a format string over the values that go with a code.  Beside the formats of Python
    there are ``{x:percent}``, ``{x:sensor}``, ``{x:list}`` and each list of `names`:
    ``{x:quantity}``.  A list of counts has a text for ``other`` numbers: ``{x:days}``.

    Parameters
    ----------
    codes : mapping of Code to str
        Sentences; of `Code.UNUSABLE` and its like, clauses.
    measures : mapping of Measure to Measured
    causes, verdicts : mapping
        Names of alternative explanations, and of what came of examining them.
    names : mapping of str to mapping of str to str
        Names of kinds, outcomes, positions and other short lists, by list and code.
    phrases : mapping of str to str
        What reports say round the records, by a name of its own.
    """

    codes: Mapping[Code, str]
    measures: Mapping[Measure, Measured]
    causes: Mapping[Cause, str]
    verdicts: Mapping[Verdict, str]
    names: Mapping[str, Mapping[str, str]]
    phrases: Mapping[str, str]
