"""Every code of scenes has its sentence, and every reason for an unknown offset its clause."""

from __future__ import annotations

from camp_monitor.codes import Code
from camp_monitor.notes import Value, note
from camp_monitor.report.text.en.names import NAMES
from camp_monitor.report.text.en.scenes import CODES
from camp_monitor.report.text.sentences import sentence
from camp_monitor.scenes.sentinel2_offset import OffsetState

SETTLED = {Code.OFFSET_FROM_PIXELS}
"""Never among the notes of an unknown offset."""
VALUES: dict[str, Value] = {
    "baseline": "05.11", "baselines": ("02.12", "05.11"), "flags": ("a", "b"), "clear_px": 12,
    "least_px": 1000, "low_fraction": 0.013, "below_dn": 500, "darkest_dn": 1186.4,
    "cut_fraction": 0.07, "area_m2": 1500.0, "dates": 24, "chance_below": 1e-7,
}  # fmt: skip


def test_every_code_has_a_sentence_that_its_values_fill() -> None:
    for code in CODES:
        said = sentence(note(code, **VALUES))
        assert said.endswith("."), said
        assert "{" not in said


def test_every_reason_for_an_unknown_offset_has_a_clause() -> None:
    about_offset = {code for code in CODES if not code.startswith("flags_")} - SETTLED
    assert set(NAMES["offset"]) == about_offset | {Code.AS_RECORDED}


def test_a_refusal_says_why_the_offset_is_unknown() -> None:
    state = OffsetState("unknown", (note(Code.BASELINE_MISSING), note(Code.DARK_GROUND_MISSING)))
    why = tuple(item.code for item in state.notes)
    said = sentence(note(Code.OFFSET_UNKNOWN, scene="S2A_X", why=why))
    assert all(NAMES["offset"][code] in said for code in why)
