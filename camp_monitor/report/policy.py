"""The Content-Security-Policy of a page that is one file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable


def content_policy(*, styles: Iterable[str] = (), scripts: Iterable[str] = ()) -> str:
    """Return a policy under which a browser runs these texts and loads nothing.

    Parameters
    ----------
    styles, scripts : iterable of str
        What stands between the tags of each ``style`` and ``script`` element, to the character.

    Returns
    -------
    str
        Any other script, and any style in an attribute, is refused.
    """
    rules = ["default-src 'none'"]
    for name, texts in (("script-src", scripts), ("style-src", styles)):
        hashes = " ".join(map(_source, texts))
        if hashes:
            rules.append(f"{name} {hashes}")
    return "; ".join([*rules, "img-src data:", "base-uri 'none'", "form-action 'none'"])


def _source(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
