"""Which licences let an image's pixels be published."""

from __future__ import annotations

import re
from collections.abc import Iterable

OPEN_LICENCE = re.compile(
    r"(CC0|CC[ -]BY(?!.*\bND\b)|PDDL|ODC-BY|ODbL|OGL|copernicus)|.*\bpublic domain\b",
    re.IGNORECASE,
)
"""Licences under which pixels may be passed on, with their credit; any other is held to forbid it.

Open Definition 2.1, https://opendefinition.org/licenses/, and the terms of Copernicus (Regulation
(EU) 2021/696) and of works of the US government.
"""


def is_open(licence: str, also: Iterable[str] = ()) -> bool:
    """Tell whether a licence lets pixels be published; an empty or unknown one does not.

    Parameters
    ----------
    licence : str
        As a scene has it; that of a pass made of tiles names each licence, parted by semicolons.
    also : iterable of str
        Licences that the settings allow, word for word.
    """
    allowed = {one.strip().lower() for one in also}
    parts = [part.strip() for part in licence.split(";")]
    return all(part.lower() in allowed or OPEN_LICENCE.match(part) for part in parts)
