"""The institution that is said to be responsible for a facility, and what it was called when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from camp_monitor.facilities.fields import STRICT, Text

_DAY = r"^\d{4}(-\d{2}-\d{2})?$"


@dataclass(frozen=True)
class AgencyName:
    """What the institution was called in a time, and who says so.

    ``since`` and ``until`` are years or days, ``2020`` or ``2020-05-24``: the first of that name,
    and the first of another; None: not said.  A year stays one: on a day of it, either may hold.
    """

    __pydantic_config__ = STRICT

    value: Text
    source: Text
    since: Annotated[str, Field(pattern=_DAY)] | None = None
    until: Annotated[str, Field(pattern=_DAY)] | None = None

    def may_hold(self, first_on: str, last_on: str) -> bool:
        """Tell whether this may have been the name on a day from one to another, both included."""
        begun = self.since is None or last_on[: len(self.since)] >= self.since
        if self.until is None or len(self.until) == len(first_on):
            return begun and (self.until is None or first_on < self.until)
        return begun and first_on[: len(self.until)] <= self.until


@dataclass(frozen=True)
class Agency:
    """The institution said to be responsible, and who says so.  ``value`` None: not published.

    ``names`` holds what it was called when, the earliest first, where that is published.
    """

    __pydantic_config__ = STRICT

    value: Text | None = None
    source: Text | None = None
    names: tuple[AgencyName, ...] = ()

    def between(self, first_on: str, last_on: str) -> tuple[AgencyName, ...]:
        """Return every name that may have held on a day from one to another, ``2016-09-01``.

        More than one where the days reach over a change, where only the year of a change is
        published, or where sources disagree: none is chosen.  Without dated names, the undated one.
        """
        if not self.names:
            undated = AgencyName(self.value, self.source or "") if self.value else None
            return (undated,) if undated else ()
        return tuple(one for one in self.names if one.may_hold(first_on, last_on))


NO_AGENCY = Agency()
"""Where none is published."""
