"""Ready units for the timers that machines have: systemd, cron, Windows' Task Scheduler.

Each of them starts ``scan --due`` once a day, and then ``notify``, whether the scan came to its end
or not.  There is no daemon: what is due is in the ledger, and a run that finds nothing due ends.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

from camp_monitor.errors import WorkspaceError

NAME = "camp-monitor"
HOUR, MINUTE = 5, 20
"""When the timers start, by the machine's own clock and zone."""
DELAY_MINUTES = 30
"""At most so much later, by chance, so that not all machines ask a catalogue at once."""
LONGEST_HOURS = 22
"""A run that takes longer is stopped: the next one goes on where it was."""

SERVICE = """\
[Unit]
Description=camp-monitor: search and scan what is due

[Service]
Type=oneshot
ExecStart={program} --workspace {workspace} --quiet scan --due
# Runs after a failure, too; a failure to tell is tried again at the next run.
ExecStopPost={program} --workspace {workspace} --quiet notify
# Nothing could be compared: that is a result.
SuccessExitStatus=3
# Addresses and keys, NAME=VALUE in each line; chmod 600.
EnvironmentFile=-%h/.config/camp-monitor/environment
TimeoutStartSec={hours}h
Nice=10
IOSchedulingClass=idle
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
"""
TIMER = """\
[Unit]
Description=camp-monitor, once a day

[Timer]
OnCalendar=*-*-* {hour:02}:{minute:02}:00
RandomizedDelaySec={delay}min
# A machine that slept or was off catches up when it is back.
Persistent=true

[Install]
WantedBy=timers.target
"""
TASK = """\
<?xml version="1.0"?>
<Task version="1.3" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>camp-monitor: search and scan what is due, and tell what is new</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2024-01-01T{hour:02}:{minute:02}:00</StartBoundary>
      <RandomDelay>PT{delay}M</RandomDelay>
      <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Settings>
    <StartWhenAvailable>true</StartWhenAvailable>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT{hours}H</ExecutionTimeLimit>
    <Priority>8</Priority>
  </Settings>
  <Actions>
    <Exec>
      <Command>{program}</Command>
      <Arguments>{scan}</Arguments>
    </Exec>
    <Exec>
      <Command>{program}</Command>
      <Arguments>{notify}</Arguments>
    </Exec>
  </Actions>
</Task>
"""


def systemd_units(program: Path, workspace: Path) -> dict[str, str]:
    """Return a service and its timer, by the names of their files.

    Parameters
    ----------
    program : Path
        ``camp-monitor`` itself, absolute.
    workspace : Path
        Absolute.
    """
    service = SERVICE.format(
        program=_systemd_program(str(program)),
        workspace=systemd_word(str(workspace)),
        hours=LONGEST_HOURS,
    )
    timer = TIMER.format(hour=HOUR, minute=MINUTE, delay=DELAY_MINUTES)
    return {f"{NAME}.service": service, f"{NAME}.timer": timer}


def _systemd_program(path: str) -> str:
    """Name the program of an ``Exec`` line; systemd takes no quote or backslash in it, sh does."""
    if re.search(r"[\"'\\]", path) or not path.isprintable():
        return f'/bin/sh -c "exec \\"$$@\\"" sh {systemd_word(path)}'
    return systemd_word(path, expanded=False)


def systemd_word(text: str, *, expanded: bool = True) -> str:
    r"""Quote one word of an ``Exec`` line, as systemd.service(5) has it.

    `expanded` is whether systemd looks for variables in it: in arguments, not in the program.
    """
    signs = {"\\": r"\\", '"': r"\"", "%": "%%"} | ({"$": "$$"} if expanded else {})
    return f'"{"".join(signs.get(sign) or _systemd_sign(sign) for sign in text)}"'


def _systemd_sign(sign: str) -> str:
    return (
        sign
        if sign.isprintable()
        else "".join(f"\\x{byte:02x}" for byte in sign.encode(errors="surrogateescape"))
    )


def cron_line(program: Path, workspace: Path) -> str:
    """Return the line for a crontab; no lock is needed, for a second run finds nothing to do."""
    start = f"{cron_word(str(program))} --workspace {cron_word(str(workspace))} --quiet"
    return f"{MINUTE} {HOUR} * * * {start} scan --due; {start} notify"


def cron_word(text: str) -> str:
    r"""Quote one word of a crontab's command, for ``sh`` and before it for cron.

    cron ends a command at ``%`` and at the end of the line, and crons differ in what they make of
    two backslashes: a word that has such a thing is written by ``printf`` with numbers for them.
    """
    if text.isprintable() and "\\" not in text:
        return shlex.quote(text).replace("%", r"\%")
    numbered = "".join(
        chr(byte)
        if byte < 128 and (chr(byte).isalnum() or chr(byte) in " /._-")
        else f"\\{byte:03o}"
        for byte in text.encode(errors="surrogateescape")
    )
    end = "/." if text.endswith("\n") else ""  # the same folder, and sh keeps the line break
    return f"\"$(printf '{numbered}{end}')\""


def windows_task(program: Path, workspace: Path) -> str:
    """Return a task for ``schtasks /create /xml``.

    Raises
    ------
    WorkspaceError
        A path holds what Windows would take for a variable, or could not hold.
    """
    for path in (program, workspace):
        if not str(path).isprintable():
            raise WorkspaceError(
                f"{path} has a control character, which no path on Windows can have: use another "
                f"workspace."
            )
        if re.search(r"%[^%]+%", str(path)):
            raise WorkspaceError(
                f"{path} has a part between two '%', which Windows takes for the name of a "
                f"variable: use a workspace whose path has none."
            )
    words = ["--workspace", str(workspace), "--quiet"]
    return TASK.format(
        hour=HOUR,
        minute=MINUTE,
        delay=DELAY_MINUTES,
        hours=LONGEST_HOURS,
        program=escape(str(program)),
        scan=escape(subprocess.list2cmdline([*words, "scan", "--due"])),
        notify=escape(subprocess.list2cmdline([*words, "notify"])),
    )
