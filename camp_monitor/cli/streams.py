"""Standard streams that cannot stop a command: closed, full, or of an encoding that lacks a sign.

What a command does and records is worth more than what it prints.  A stream that fails goes silent
and the command goes on to its end.  Then one sentence says that output was lost, unless nobody
reads it any more (``| head -1``) or it was closed from the start.
"""

from __future__ import annotations

import codecs
import errno
import os
import select
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO, cast

NOT_WRITTEN = 1
"""Exit code where results could not be written out."""
READER_GONE = (errno.EPIPE, errno.EINVAL) if os.name == "nt" else (errno.EPIPE,)
"""How systems say that the other end of a pipe is closed."""
ESCAPED = "camp_monitor.escaped"


def escape(error: UnicodeError) -> tuple[str | bytes, int]:
    r"""Write signs that an encoding lacks as JSON does (``m\u00b2``), the rest of them as it is.

    So JSON stays JSON in any encoding, and names can be told apart.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    units = (lacking[start : start + 2] for start in range(0, len(lacking), 2))
    return "".join(f"\\u{unit.hex()}" for unit in units), error.end


codecs.register_error(ESCAPED, escape)


class Stream:
    """Text to a standard stream: a failure is kept in `failure`, and all later text is dropped.

    It has no buffer: what was written is out, or has failed.  What else is asked of it, the stream
    of Python answers, but for its bytes: whoever got hold of them would go past all this.

    Parameters
    ----------
    under : TextIO
        The stream as Python opened it.
    """

    def __init__(self, under: TextIO) -> None:
        under.flush()
        self._under, self._raw = under, getattr(under.buffer, "raw", under.buffer)
        self.encoding, self.errors = under.encoding or "utf-8", ESCAPED
        self.failure: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("buffer", "_under"):
            raise AttributeError(name)
        return getattr(self._under, name)

    def write(self, text: str) -> int:
        """Write all of a text, or keep why it failed."""
        ended = text.replace("\n", os.linesep) if os.linesep != "\n" else text
        left = memoryview(ended.encode(self.encoding, self.errors))
        try:
            while left and self.failure is None:
                written = self._raw.write(left)
                if written is None:  # a pipe that does not wait, and is full
                    select.select([], [self._raw], [])
                left = left[written or 0 :]
        except OSError as error:
            self.failure = error
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


@contextmanager
def enduring_streams() -> Iterator[None]:
    """Let a command print whatever its streams are; end with a sentence where results were lost."""
    _open_closed()
    with ExitStack() as held:
        output, errors = _stream(sys.stdout, held), _stream(sys.stderr, held)
        held.enter_context(redirect_stdout(cast(TextIO, output)))
        held.enter_context(redirect_stderr(cast(TextIO, errors)))
        try:
            yield
        except SystemExit:
            _tell_lost(output, errors)
            raise
        _tell_lost(output, errors)


def _tell_lost(output: Stream | TextIO, errors: Stream | TextIO) -> None:
    """End with an error where output was lost that somebody waits for."""
    failure = output.failure if isinstance(output, Stream) else None
    if failure is None or failure.errno in READER_GONE:
        return
    errors.write(
        f"Error: The output could not be written ({failure.strerror}), and is not whole: what was "
        f"recorded is recorded; free some space or write it elsewhere, and print it again.\n"
    )
    raise SystemExit(NOT_WRITTEN) from None


def _stream(under: TextIO | None, held: ExitStack) -> Stream | TextIO:
    """Return a stream that endures; that of a notebook, which has no bytes, is taken as it is."""
    if under is None:
        nothing = Path(os.devnull)
        return held.enter_context(nothing.open("w", encoding="utf-8", errors=ESCAPED))
    return Stream(under) if hasattr(under, "buffer") else under


def _open_closed() -> None:
    """Put nothing in the place of standard streams that are closed.

    Otherwise the next file that is opened, such as a database, would take their place, and whatever
    a library prints would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
