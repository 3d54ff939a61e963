"""What a status says of reviewers: how far they agree, and on what they do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from camp_monitor.ledger.ledger import Ledger
from camp_monitor.records.agreement import Agreement, Disagreement, agreements, disagreements
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.watch.schedule import instant

MOST_NAMED = 8
"""Disagreements that are named; of more it is said how many there are."""


@dataclass(frozen=True)
class Reviewing:
    """How far reviewers agree.

    Parameters
    ----------
    agreements : tuple of Agreement
    disagreements : tuple of Disagreement
    """

    agreements: tuple[Agreement, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()


NO_REVIEWING = Reviewing()
"""Where nothing was reviewed."""


def read_reviewing(ledger: Ledger, facility_id: str | None, at: datetime | None) -> Reviewing:
    """Read how far reviewers agreed at a time, on findings of one facility or of all."""
    given = ledger.reviews()
    if at is not None:
        given = tuple(one for one in given if instant(one.reviewed_at) <= at)
    if facility_id is not None and given:
        found = ledger.findings(facility_id, superseded=True, candidates=True)
        own = {one.id for one in found}
        given = tuple(one for one in given if one.finding_id in own)
    return Reviewing(agreements(given), disagreements(given))


def reviewing_sentences(reviewing: Reviewing, most: int = MOST_NAMED) -> list[str]:
    """Say how far each two reviewers agree, and name findings on which they do not."""
    said = [_agreement_sentence(one) for one in reviewing.agreements]
    apart = reviewing.disagreements
    if apart:
        named = "; ".join(_verdicts(one) for one in apart[:most])
        said.append(phrase("review.apart", findings=len(apart), named=named))
        if len(apart) > most:
            said.append(phrase("review.apart_more", findings=len(apart) - most))
    return said


def _agreement_sentence(one: Agreement) -> str:
    if one.kappa is None:
        return phrase(
            "review.agreement_by_chance", first=one.first, second=one.second, alike=one.alike,
            findings=one.findings, blind=one.blind,
        )  # fmt: skip
    return phrase(
        "review.agreement", first=one.first, second=one.second, alike=one.alike,
        findings=one.findings, kappa=one.kappa, blind=one.blind,
    )  # fmt: skip


def _verdicts(one: Disagreement) -> str:
    said: Iterable[str] = (
        f"{by}: {name_of('verdict_short', verdict)}" for by, verdict in one.verdicts
    )
    return f"{one.finding_id} ({', '.join(said)})"


def plain_reviewing(reviewing: Reviewing) -> dict[str, Sequence[dict[str, object]]]:
    """Return it as plain JSON values."""
    return {
        "agreements": [
            {
                "first": one.first, "second": one.second, "findings": one.findings,
                "alike": one.alike, "kappa": None if one.kappa is None else round(one.kappa, 4),
                "blind": one.blind,
            }
            for one in reviewing.agreements
        ],
        "disagreements": [
            {"finding_id": one.finding_id, "verdicts": dict(one.verdicts)}
            for one in reviewing.disagreements
        ],
    }  # fmt: skip
