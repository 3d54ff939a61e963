"""Every error that camp_monitor raises on purpose.

::

    CampMonitorError
    ├── InputError               something given to the program is wrong             exit code 2
    │   ├── WorkspaceError       the workspace folder or its camp-monitor.toml
    │   ├── FacilityError        a facility, its file or its outline
    │   ├── SceneError           an image file, a catalogue item or their description
    │   ├── RemoteError          a catalogue or a file on the network cannot be used
    │   │   ├── MissingError     it is not there
    │   │   └── AwayError        it cannot be had now, in any of several tries
    │   │       └── UnreachableError   its host gives no answer at all
    │   ├── EvaluationError      a benchmark, its list or its files
    │   ├── StampError           a time stamp is none, or does not hold
    │   └── NoSuchRecordError    an id that the ledger does not hold
    ├── Refusal                  two scenes cannot be compared; a result, recorded   exit code 3
    ├── LedgerError              the ledger is damaged or cannot be written          exit code 1
    └── InstallationError        a part of the program itself is missing             exit code 1

A message is one sentence: what was found, what was needed, what to do.  A `Refusal` has a code and
numbers instead, because it is recorded: `camp_monitor.report.text` makes its sentence.
"""

from __future__ import annotations

from typing import Any

from camp_monitor.codes import Code
from camp_monitor.notes import Note, Value, note


class CampMonitorError(Exception):
    """Base of all errors raised on purpose; its message is fit to show to a user."""

    exit_code = 1


class InputError(CampMonitorError):
    """Something that a user or a file gave is wrong."""

    exit_code = 2


class WorkspaceError(InputError):
    """The workspace folder or its configuration cannot be used."""


class FacilityError(InputError):
    """A facility, its file or its outline cannot be used."""


class SceneError(InputError):
    """An image file, a catalogue item or their description cannot be used.

    Parameters
    ----------
    message : str
    notes : tuple of Note
        What is known of the cause, where codes say it.
    """

    def __init__(self, message: str, notes: tuple[Note, ...] = ()) -> None:
        super().__init__(message)
        self.notes = notes


class RemoteError(InputError):
    """A catalogue or a file on the network cannot be used; no credential is in the message."""


class MissingError(RemoteError):
    """A catalogue or a file on the network is not there."""


class AwayError(RemoteError):
    """A catalogue or a file cannot be had now, in any of several tries; later it may be."""


class UnreachableError(AwayError):
    """A host is unknown, cannot be reached, or takes a request and answers nothing.

    Parameters
    ----------
    message : str
    host : str
    is_catalogue : bool
        It is the catalogue's own host, and has not answered once: nothing can be searched, and
        often there is no network at all.
    """

    def __init__(self, message: str, host: str, *, is_catalogue: bool) -> None:
        super().__init__(message)
        self.host, self.is_catalogue = host, is_catalogue


class EvaluationError(InputError):
    """A benchmark, its list or one of its files cannot be used."""


class StampError(InputError):
    """A time stamp is none, does not hold under the certificates given, or cannot be had."""


class NoSuchRecordError(InputError):
    """The ledger holds no record of that id."""


class Refusal(CampMonitorError):
    """Two scenes cannot be compared, or not for one question: a result, recorded with its reason.

    Parameters
    ----------
    code : Code
    **values : Value
        Numbers with their units in their names, ids, names of bands.
    """

    exit_code = 3

    def __init__(self, code: Code, /, **values: Value) -> None:
        super().__init__(code, values)
        self.note: Note = note(code, **values)

    def __str__(self) -> str:
        """Return code and numbers; `camp_monitor.report.text` makes the sentence."""
        said = ", ".join(f"{name}={value}" for name, value in self.note.values)
        return f"{self.note.code}: {said}" if said else str(self.note.code)

    def __reduce__(self) -> tuple[Any, ...]:
        return _refusal, (self.note,)


class LedgerError(CampMonitorError):
    """The ledger is damaged, of another version, or cannot be written."""


class InstallationError(CampMonitorError):
    """A part that the installation should have brought is missing."""


def _refusal(said: Note) -> Refusal:
    """Make a refusal anew, in another process."""
    return Refusal(said.code, **dict(said.values))
