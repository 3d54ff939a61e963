"""A claim against what is on record of its place: one of four verdicts, with its reasons.

The pairs of images that could have shown a claim must together answer for every day of its window,
or the verdict is not *not supported*: what cannot be answered is never told as a no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from camp_monitor.claims.found import Shown, find_shown, fits, ground_of, is_like_size
from camp_monitor.claims.looks import (
    PASSES_DAYS,
    PASSING,
    Look,
    is_covered,
    look_at,
    telling,
    uncovered,
    was_looked_for,
)
from camp_monitor.codes import ClaimVerdict, Code
from camp_monitor.events.events import Event
from camp_monitor.facilities import Outline
from camp_monitor.notes import Note, note
from camp_monitor.records.claim import Claim, Corroboration
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation

MOST_PAIRS = 8
"""Pairs that a record names."""


def corroborate(
    claim: Claim,
    observations: Iterable[Observation],
    events: Iterable[Event],
    candidates: Iterable[Finding] = (),
    outlines: Mapping[int, Outline] | None = None,
    margin_m: float = 0.0,
) -> Corroboration:
    """Set one claim against the records of its facility.

    Parameters
    ----------
    claim : Claim
    observations : iterable of Observation
        Of the facility, those that count.
    events : iterable of Event
        Of the facility.
    candidates : iterable of Finding
        Below the working point: they support nothing, and leave a doubt.
    outlines : mapping of int to Outline
        Of the facility, by their version.
    margin_m : float
        Search margin round them, metres; ground beyond it was not seen.

    Notes
    -----
    Cannot tell: whether what was found is what was meant, and what a thing was for.  A claim of the
    facility as a whole is supported by anything of its kind and time there.
    """
    if not claim.facility_id:
        return Corroboration(claim, ClaimVerdict.NOT_COVERED, (note(Code.CLAIM_OUTSIDE),))
    place = ground_of(claim)
    below = [one for one in candidates if fits(one, claim, place)]
    looks = [
        look_at(one, claim, place, (outlines or {}).get(one.outline_version), margin_m, below)
        for one in observations
        if was_looked_for(claim, one)
    ]
    looks.sort(key=lambda one: telling(one, claim))
    found, rejected = find_shown(claim, events, place)
    fitting = [one for one in found if is_like_size(one, claim)]
    if fitting:
        return _supported(claim, looks, fitting)
    said: list[Note] = []
    if found:
        said.append(note(Code.CLAIM_SIZE_UNLIKE, events=len(found), area_m2=found[0].area_m2))
    if rejected:
        said.append(note(Code.CLAIM_REJECTED, events=len(rejected)))
    return _unsupported(claim, looks, tuple(said))


def _unsupported(claim: Claim, looks: Sequence[Look], said: tuple[Note, ...]) -> Corroboration:
    """Say why a claim that nothing on record supports is so: three verdicts of the four."""
    best = looks[0] if looks else None
    gap = uncovered(claim.days, [look.answers_for for look in looks])
    passes = (note(Code.CLAIM_PASSES, days=PASSES_DAYS),) if claim.kind in PASSING else ()
    if best is None:
        verdict = ClaimVerdict.NOT_COVERED
        said = (note(Code.CLAIM_NEVER_COMPARED), *said)
    elif gap is not None:
        verdict = ClaimVerdict.NOT_COVERED
        days = note(Code.CLAIM_UNCOVERED, first_on=str(gap[0]), last_on=str(gap[1]))
        said = (days, *passes, *said)
    elif is_covered(claim.days, [look.answers_for for look in looks if not look.doubts]):
        verdict = ClaimVerdict.NOT_SUPPORTED
        able = next(look for look in looks if not look.doubts)
        seen = note(
            Code.CLAIM_SEEN, seen_fraction=able.seen_fraction, size_m2=claim.size_m2 or 0.0,
            detectable_m2=able.observation.detectable_m2 or 0.0,
        )  # fmt: skip
        said, best = (seen, *passes, *said), able
    else:
        verdict = ClaimVerdict.NOT_SEEABLE
        best = next(look for look in looks if look.doubts)
        said = (*best.doubts, *said)
    return _made(claim, verdict, said, looks, best)


def _supported(claim: Claim, looks: Sequence[Look], found: Sequence[Shown]) -> Corroboration:
    """Say what supports a claim, dated as closely as the images date it and no closer."""
    best = found[0]
    first, last = claim.days
    absent_on, present_on = (day.isoformat() for day in best.span)
    if first <= best.span[0] and best.span[1] <= last:
        said = [note(Code.CLAIM_DATED_WITHIN, absent_on=absent_on, present_on=present_on)]
    elif best.span[0] <= first and last <= best.span[1]:
        said = [note(Code.CLAIM_DATED_AROUND, absent_on=absent_on, present_on=present_on)]
    else:
        said = [note(Code.CLAIM_DATED_PARTLY, absent_on=absent_on, present_on=present_on)]
    if claim.size_m2 is not None:
        said.append(note(Code.CLAIM_SIZE_FOUND, area_m2=best.area_m2, size_m2=claim.size_m2))
    if not best.event.was_confirmed:
        said.append(note(Code.CLAIM_UNCONFIRMED, event=best.event.id))
    own = {item.id for one in found for item in one.findings}
    shown = next((look for look in looks if own & {*look.observation.finding_ids}), None)
    return _made(
        claim, ClaimVerdict.SUPPORTED, tuple(said), looks, shown or (looks[0] if looks else None),
        found=found, dated=(absent_on, present_on),
    )  # fmt: skip


def _made(
    claim: Claim, verdict: ClaimVerdict, reasons: tuple[Note, ...], looks: Sequence[Look],
    best: Look | None, *, found: Sequence[Shown] = (), dated: tuple[str, str] = ("", ""),
) -> Corroboration:  # fmt: skip
    ordered = [*([best] if best else []), *(look for look in looks if look is not best)]
    scenes = [
        scene for look in looks for scene in (look.observation.before, look.observation.after)
    ]
    scenes += [scene for one in found for scene in one.scenes]
    return Corroboration(
        claim, verdict, tuple(dict.fromkeys(reasons)),
        images=tuple(look.pair for look in ordered[:MOST_PAIRS]),
        absent_on=dated[0], present_on=dated[1],
        event_ids=tuple(one.event.id for one in found),
        finding_ids=tuple(dict.fromkeys(item.id for one in found for item in one.findings)),
        area_m2=float(f"{found[0].area_m2:.6g}") if found else None,
        seen_fraction=best.pair.seen_fraction if best else None,
        detectable_m2=best.observation.detectable_m2 if best else None,
        simulated=any(scene.simulated for scene in scenes),
    )  # fmt: skip
