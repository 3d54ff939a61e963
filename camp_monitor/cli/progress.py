"""How a long command says that it goes on: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from camp_monitor.cli.context import Context
from camp_monitor.report.text.sentences import phrase

LINE_EVERY_S = 30.0
"""Between two lines of a log, seconds; what ends sooner writes none."""


@contextmanager
def working(context: Context, title: str) -> Iterator[Callable[[str], None]]:
    """Say what is done now; the value given says something else instead."""
    if context.messages.is_terminal:
        with context.messages.status(title) as status:
            yield status.update
        return
    doing = [title]
    with _lines(context, lambda: doing[-1].removesuffix(" ...")):
        yield doing.append


@contextmanager
def progress(context: Context, title: str) -> Iterator[Callable[[int], Callable[[], None]]]:
    """Say how much is done; the value given is told how many, and returns what counts one."""
    if context.messages.is_terminal and not context.quiet:
        with _bar(context, title) as start:
            yield start
        return
    parts: list[list[int]] = []

    def begin(total: int) -> Callable[[], None]:
        part = [0, total]
        parts.append(part)

        def count() -> None:
            part[0] += 1

        return count

    def counted() -> str:
        done, total = (sum(numbers) for numbers in zip((0, 0), *parts, strict=True))
        return phrase("progress.counted", title=title, done=done, total=total) if total else title

    with _lines(context, counted):
        yield begin


@contextmanager
def _bar(context: Context, title: str) -> Iterator[Callable[[int], Callable[[], None]]]:
    from rich.progress import MofNCompleteColumn, Progress

    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=context.messages, transient=True) as bar:

        def start(total: int) -> Callable[[], None]:
            task = bar.add_task(title, total=total)
            return lambda: bar.advance(task)

        yield start


@contextmanager
def _lines(context: Context, words: Callable[[], str]) -> Iterator[None]:
    """Write a line every `LINE_EVERY_S`, also while nothing is counted."""
    ended, began = threading.Event(), time.monotonic()

    def tell() -> None:
        while not ended.wait(LINE_EVERY_S):
            line = phrase("progress", doing=words(), elapsed_s=time.monotonic() - began)
            context.messages.print(line, soft_wrap=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
