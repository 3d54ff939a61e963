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
    and the first of another; None: not said.
    """

    __pydantic_config__ = STRICT

    value: Text
    source: Text
    since: Annotated[str, Field(pattern=_DAY)] | None = None
    until: Annotated[str, Field(pattern=_DAY)] | None = None

    def is_of(self, day: str) -> bool:
        """Tell whether this was the name on a day, ``2016-09-01``."""
        after = self.since is None or day >= self.since
        return after and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Agency:
    """The institution said to be responsible, and who says so.  ``value`` None: not published.

    ``names`` holds what it was called when, the earliest first, where that is published.
    """

    __pydantic_config__ = STRICT

    value: Text | None = None
    source: Text | None = None
    names: tuple[AgencyName, ...] = ()


NO_AGENCY = Agency()
"""Where none is published."""
