"""What findings and observations have in common: their JSON, their hash, and who painted them."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from camp_monitor.records.content import plain, written
from camp_monitor.records.scene_reference import SceneReference


class Recorded(ABC):
    """A record of two scenes."""

    before: SceneReference
    after: SceneReference
    original: str

    @property
    def simulated(self) -> bool:
        """Whether one of its scenes was painted by a program."""
        return self.before.simulated or self.after.simulated

    def to_dict(self) -> dict[str, Any]:
        """Return the content as plain JSON values; `from_dict` reverses it.

        Raises
        ------
        LedgerError
            It cannot be written: NaN, infinity, half characters.
        """
        if self.original:
            recorded: dict[str, Any] = json.loads(self.original)
            return recorded
        return plain(self._content() | self._scenes())

    @abstractmethod
    def _content(self) -> dict[str, Any]:
        """Return all fields but the scenes as JSON values."""

    def _scenes(self) -> dict[str, Any]:
        return {"before": self.before.to_dict(), "after": self.after.to_dict()}

    @cached_property
    def sha256(self) -> str:
        """Hash of the whole content.

        Raises
        ------
        LedgerError
            It cannot be written, see `to_dict`.
        """
        text = self.original or written(self._content() | self._scenes())
        return hashlib.sha256(text.encode()).hexdigest()
