"""The option ``--audience``: who will read what a command writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from camp_monitor.codes import Audience

Command = Callable[..., Any]


def audience_option(*, has_settings: bool = True) -> Callable[[Command], Command]:
    """Add ``--audience``.

    Parameters
    ----------
    has_settings : bool
        Whether the command has a workspace, whose settings say the audience where nobody else does.
    """
    default = "[report] audience" if has_settings else "internal"
    return click.option(
        "--audience",
        type=click.Choice([one.value for one in Audience]),
        help="Who will read it; partner: without names and notes of analysts; public: also without "
        f"coordinates, parts and pixels that may not be published.  Default: {default}.",
    )
