"""Warnings of libraries that no user can act on, in a program of many threads."""

from __future__ import annotations

import re
import threading
import warnings

_ALONE = threading.Lock()


def ignore_for_good(category: type[Warning], module: str = "") -> None:
    """Ignore warnings of a category from now on, in every thread.

    `warnings.catch_warnings` exchanges the filters of the whole process: of two threads that
    leave it out of order, one meets what it had told to ignore, or silences all that comes after.
    A filter that stays does neither, also where a library uses `catch_warnings`: that copies it.

    Parameters
    ----------
    category : type
    module : str
        Only of modules whose name begins as this regular expression says; of all if empty.
    """
    # any text, but said: so this filter is not the one that a library puts in and takes out
    ours = ("ignore", re.compile(".", re.I), category, re.compile(module) if module else None, 0)
    with _ALONE:
        standing = list(warnings.filters)
        before = standing[: standing.index(ours)] if ours in standing else standing
        if ours not in standing or any(action != "ignore" for action, *_ in before):
            warnings.filterwarnings("ignore", ".", category, module)
