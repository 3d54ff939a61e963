"""Runs commands of the program one after another and says how each ended; bounded in memory."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import sys
import time
import traceback
from pathlib import Path

from camp_monitor.cli import main

MOST_ADDRESS_BYTES = 6 << 30


def run(words: list[str]) -> int:
    """Run one command; 99 is a traceback."""
    try:
        main(words, prog_name="camp-monitor")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except BaseException:  # whatever it is, it is counted
        traceback.print_exc()
        return 99
    return 0


def peak_bytes() -> int:
    """Most memory since the last `forget_peak`."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found.group(1)) * 1024 if found else 0


def forget_peak() -> None:
    """Begin to count anew."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def serve(caught: Path) -> None:
    """Answer each line, a list of words, with code, output, errors, seconds and bytes."""
    answers = os.fdopen(os.dup(1), "w")
    connects: list[str] = []
    sys.addaudithook(
        lambda event, args: connects.append(str(args[1])) if event == "socket.connect" else None
    )
    for line in sys.stdin:
        for number in (1, 2):
            target = os.open(caught / str(number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(target, number)
            os.close(target)
        forget_peak()
        start = time.monotonic()
        code = run(json.loads(line))
        seconds = time.monotonic() - start
        sys.stdout.flush()
        sys.stderr.flush()
        texts = [(caught / str(number)).read_text(errors="replace") for number in (1, 2)]
        print(json.dumps([code, *texts, seconds, peak_bytes(), connects]), file=answers, flush=True)
        connects.clear()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_BYTES, MOST_ADDRESS_BYTES))
    serve(Path(sys.argv[1]))
