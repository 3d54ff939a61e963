"""Records of ledgers of schema 1 to 3: sentences, which stay as they were written.

Such a record keeps its content to the letter, and so its id.  Its sentences stand in notes of code
`Code.AS_RECORDED`; nothing reads numbers out of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from camp_monitor.codes import Cause, Code, Verdict
from camp_monitor.notes import Explanation, Note, note, recorded
from camp_monitor.records.content import canonical_json

UNTESTED_TEXT = (
    "No labelled images have tested this way of finding: its probability is that of other ways "
    "with like evidence."
)
"""Written where a probability was a guess; it still is one."""


CAUSES = {
    "shadow and sun": Cause.SHADOW,
    "snow": Cause.SNOW,
    "season": Cause.SEASON,
    "wet ground": Cause.SOIL_MOISTURE,
    "shift left": Cause.RESIDUAL_MISREGISTRATION,
    "cloud edge": Cause.CLOUD_EDGE,
    "view angle": Cause.VIEW_ANGLE,
    "processing step": Cause.PROCESSING,
    "radio interference": Cause.RADIO_INTERFERENCE,
}
"""Alternative explanations by the names that they had."""

WEATHER_WORDS = ("cloud", "cirrus", "haze", "snow")
"""Words that laid a refusal of schema 1 to 3 on the weather."""


def is_earlier(content: Mapping[str, Any]) -> bool:
    """Tell whether the content of a finding or an observation is of schema 1 to 3."""
    return "measurements" not in content


def finding_fields(content: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a finding from its content of schema 1 to 3."""
    fields = dict(content)
    measured = fields.pop("evidence", ())
    fields["caveats"] = (*_measured(measured), *_caveats(fields.get("caveats", ())))
    fields["explanations"] = tuple(
        Explanation(
            CAUSES.get(cause, Cause.AS_RECORDED),
            Verdict(verdict),
            (note(Code.AS_RECORDED, text=reason, name=cause),),
        )
        for cause, verdict, reason in fields.pop("rivals", ())
    )
    return fields | {"original": canonical_json(content)}


def observation_fields(content: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an observation from its content of schema 1 to 3."""
    fields = dict(content)
    reason = fields.pop("reason", "")
    measured = fields.pop("measured", ())
    fields["reasons"] = recorded([reason]) if reason else ()
    fields["caveats"] = (*_measured(measured), *_caveats(fields.get("caveats", ())))
    return fields | {"original": canonical_json(content)}


def is_earlier_run(content: Mapping[str, Any]) -> bool:
    """Tell whether the content of a record of a run is of schema 3."""
    return "reason" in content


def run_fields(content: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a record of a run from its content of schema 3."""
    fields = dict(content)
    reason = fields.pop("reason")
    fields["offline"] = fields["what"] == "visited" and reason == "offline"
    fields["reasons"] = recorded([reason]) if reason and not fields["offline"] else ()
    fields["unused"] = tuple(
        {**item, "reason": note(Code.AS_RECORDED, text=f"{item['reason']}.")}
        for item in fields["unused"]
    )
    return fields | {"original": canonical_json(content)}


def is_weather(text: str) -> bool:
    """Tell whether a sentence of schema 1 to 3 laid it on the weather that nothing was seen."""
    plain = text.lower()
    return any(word in plain for word in WEATHER_WORDS)


def _measured(pairs: Iterable[tuple[str, str]]) -> tuple[Note, ...]:
    return tuple(note(Code.AS_RECORDED, name=name, text=value) for name, value in pairs)


def _caveats(sentences: Iterable[str]) -> tuple[Note, ...]:
    return tuple(
        note(Code.UNTESTED) if text == UNTESTED_TEXT else note(Code.AS_RECORDED, text=text)
        for text in sentences
    )
