"""One run at a time at a facility."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from camp_monitor.errors import LedgerError

LOCKS = Path("runs", "locks")
"""Below ``out/``: a file for each facility that is being scanned."""


def take(out: Path, facility_id: str, until: ExitStack) -> bool:
    """Take a facility for this run alone; False where another run has it.

    Parameters
    ----------
    out : Path
        Of the workspace.
    facility_id : str
    until : ExitStack
        The facility is let go when it is closed.

    Raises
    ------
    LedgerError
        A lock cannot be made there.
    """
    from filelock import FileLock, Timeout

    folder = out / LOCKS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        until.enter_context(FileLock(folder / f"{facility_id}.lock", timeout=0))
    except Timeout:
        return False
    except (OSError, NotImplementedError) as error:
        raise LedgerError(
            f"{folder} cannot hold a lock ({getattr(error, 'strerror', None) or error}): make it "
            f"writable, free some space, or keep out/ on a file system with locks."
        ) from error
    return True
