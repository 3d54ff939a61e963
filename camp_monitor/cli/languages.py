"""The option ``--lang``: in which language a command prints and draws."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.codes import LanguageCode

if TYPE_CHECKING:
    from camp_monitor.cli.context import Context

Command = Callable[..., Any]


def language_option(*, has_settings: bool = True) -> Callable[[Command], Command]:
    """Add ``--lang``; while the command runs, all its texts are in that language.

    It stands below ``click.pass_obj``, next to the function.

    Parameters
    ----------
    has_settings : bool
        Whether the command has a workspace, whose settings say the language where nobody else does.
    """
    default = "as the workspace's settings say" if has_settings else "en"

    def speaking(command: Command) -> Command:
        @click.option(
            "--lang",
            type=click.Choice([code.value for code in LanguageCode]),
            help=f"Language of what is printed and drawn; otherwise {default}.",
        )
        @functools.wraps(command)
        def spoken(context: Context, /, *arguments: Any, lang: str | None, **options: Any) -> Any:
            from camp_monitor.report.text.sentences import DEFAULT, in_language

            if lang is None:
                lang = context.workspace.configuration.language if has_settings else DEFAULT
            with in_language(lang):
                return command(context, *arguments, **options)

        return spoken

    return speaking
