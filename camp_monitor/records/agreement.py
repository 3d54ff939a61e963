"""How far reviewers agree, and where they do not: nothing is settled here, and both stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from camp_monitor.records.review import Review, in_order_of_review


@dataclass(frozen=True)
class Agreement:
    """How far two reviewers agree on the findings that both reviewed.

    Parameters
    ----------
    first, second : str
        Their names, in the order of the alphabet.
    findings : int
        How many both reviewed; the latest verdict of each counts.
    alike : int
        On how many they say the same.
    kappa : float or None
        See `cohen_kappa`.
    blind : int
        On how many the later of the two did not see what the other had said.
    """

    first: str
    second: str
    findings: int
    alike: int
    kappa: float | None
    blind: int


@dataclass(frozen=True)
class Disagreement:
    """A finding of which reviewers say different things.

    Parameters
    ----------
    finding_id : str
    verdicts : tuple of (str, str)
        Name and latest verdict of each reviewer, by name.
    """

    finding_id: str
    verdicts: tuple[tuple[str, str], ...]


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return by how much two reviewers agree beyond chance: Cohen's kappa.

    Parameters
    ----------
    pairs : sequence of (str, str)
        What each of the two said of one thing.

    Returns
    -------
    float or None
        1: always; 0: as often as chance would have it; below: less often.  None where chance alone
        would make them always agree, or nothing was reviewed by both.

    References
    ----------
    .. [1] Cohen (1960), doi:10.1177/001316446002000104
    """
    count = len(pairs)
    first, second = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    by_chance = sum(first[verdict] * second[verdict] for verdict in first)
    if by_chance == count * count:
        return None
    alike = sum(one == other for one, other in pairs)
    return (alike * count - by_chance) / (count * count - by_chance)


def agreements(reviews: Iterable[Review]) -> tuple[Agreement, ...]:
    """Return how far each two reviewers agree who reviewed a finding both, by their names."""
    latest = _latest_of_each(reviews)
    names = sorted({name for own in latest.values() for name in own})
    found = []
    for first, second in combinations(names, 2):
        both = [(own[first], own[second]) for own in latest.values() if {first, second} <= {*own}]
        if both:
            pairs = [(one.verdict, other.verdict) for one, other in both]
            later = [max(pair, key=lambda review: review.reviewed_at) for pair in both]
            alike = sum(one == other for one, other in pairs)
            blind = sum(review.blind for review in later)
            found.append(Agreement(first, second, len(both), alike, cohen_kappa(pairs), blind))
    return tuple(found)


def disagreements(reviews: Iterable[Review]) -> tuple[Disagreement, ...]:
    """Return the findings on which the latest verdicts of reviewers differ, by id."""
    return tuple(
        Disagreement(finding_id, tuple((name, own[name].verdict) for name in sorted(own)))
        for finding_id, own in sorted(_latest_of_each(reviews).items())
        if len({review.verdict for review in own.values()}) > 1
    )


def _latest_of_each(reviews: Iterable[Review]) -> dict[str, dict[str, Review]]:
    """Return the latest review of each reviewer, by finding and name."""
    latest: dict[str, dict[str, Review]] = {}
    for one in in_order_of_review(reviews):
        latest.setdefault(one.finding_id, {})[one.by] = one
    return latest
