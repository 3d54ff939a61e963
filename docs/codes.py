"""Write docs/reference/codes.md, the page of all codes: python docs/codes.py."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from camp_monitor.codes import Cause, ClaimVerdict, Code, Measure, Verdict
from camp_monitor.records.kinds import CONFIDENCES, KINDS, OUTCOMES, POSITIONS
from camp_monitor.report.text.sentences import texts

PAGE = Path(__file__).parent / "reference" / "codes.md"
HEAD = """\
# Codes

Records, exports and tables hold these codes, with numbers beside them; what is shown in words is
made of them. A code keeps its meaning, and its sentence may be edited. `{braces}` mark the numbers
and names that stand beside a code in a record, with their units. This page is written by
`python docs/codes.py`; do not edit it.
"""


def codes_page() -> str:
    """Make the text of the page."""
    said = texts()
    lists = {"kind": KINDS, "outcome": OUTCOMES, "position": POSITIONS, "confidence": CONFIDENCES}
    short = [
        (code, name, said.names[name][code]) for name, codes in lists.items() for code in codes
    ]
    parts = [
        HEAD,
        "## Kinds, outcomes, positions and confidence\n",
        _table(("code", "of", "in words"), short),
        "## Reasons, refusals and caveats\n",
        _table(("code", "in words"), ((code, said.codes[code]) for code in Code)),
        "## Measurements\n",
        "A name may go on with qualifiers after colons: `water_below:before`.\n",
        _table(
            ("name", "label", "shown as"),
            ((name, said.measures[name].label, said.measures[name].shown) for name in Measure),
        ),
        "## Alternative explanations\n",
        _table(("cause", "in words"), ((cause, said.causes[cause]) for cause in Cause)),
        _table(("verdict", "in words"), ((item, said.verdicts[item]) for item in Verdict)),
        "## What images say of a claim\n",
        _table(
            ("verdict", "in words"),
            ((item, said.names["claim_verdict"][item]) for item in ClaimVerdict),
        ),
    ]
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a table; the first column holds codes."""
    lines = [head, ("---",) * len(head)]
    lines += [(f"`{code}`", *(cell.replace("|", "\\|") for cell in said)) for code, *said in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(codes_page(), encoding="utf-8")
