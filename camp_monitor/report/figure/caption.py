"""What the figure says below its panels, in whole sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from camp_monitor.facilities.facility import Outline
from camp_monitor.records.finding import (
    KINDS,
    POSITIONS,
    Finding,
    Observation,
    interval_words,
    question_words,
)
from camp_monitor.records.review import VERDICTS, Review
from camp_monitor.report.export.tables import rival_words
from camp_monitor.report.text import words

MOST_DECIMALS = 5
"""Decimals of a degree; the fifth is 1.1 m on the ground."""
DEGREE_M = 111_320.0
"""Length of a degree of latitude, metres."""
LONGEST_CAVEATS = 700
"""Characters of caveats that are printed; the record holds the others."""


@dataclass(frozen=True)
class ViewFacts:
    """What the caption must know of the pictures.

    Parameters
    ----------
    shown_as : str
        Which bands are shown as what.
    pixel_m : float
        Side of a pixel as drawn, metres: that of the scenes, or larger where the view is wide.
    projection : str
        The coordinate system of the panels.
    view_m : float
        Side of a panel on the ground, metres.
    """

    shown_as: str
    pixel_m: float
    projection: str
    view_m: float


def centre_words(geometry: BaseGeometry, pixel_m: float) -> str:
    """Print the middle of a region: ``42.4312° N, 129.6034° E (WGS 84)``.

    The last decimal stands for at least a third of a pixel: finer ones would pretend.

    Parameters
    ----------
    geometry : shapely geometry
        EPSG:4326.
    pixel_m : float
        Side of a pixel of the scenes, metres.
    """
    middle = geometry.centroid
    if not geometry.contains(middle):
        middle = geometry.representative_point()
    decimals = min(max(math.floor(math.log10(3 * DEGREE_M / pixel_m)), 0), MOST_DECIMALS)
    lat, lon = (f"{abs(value):.{decimals}f}°" for value in (middle.y, middle.x))
    return f"{lat} {'N' if middle.y >= 0 else 'S'}, {lon} {'E' if middle.x >= 0 else 'W'} (WGS 84)"


def caption(
    finding: Finding,
    outline: Outline,
    observation: Observation | None,
    facts: ViewFacts,
    *,
    review: Review | None,
    superseded: bool,
) -> list[str]:
    """Write the paragraphs of the caption."""
    area, interval = words.area_words(finding)
    paragraphs = [
        f"{KINDS[finding.kind]} {interval_words(finding.before, finding.after)}: {area} "
        f"(interval {interval}). Confidence: {words.confidence_words(finding)}. "
        f"{_review_words(review)}. {POSITIONS[finding.position].capitalize()}. "
        f"Centre: {centre_words(finding.geometry, facts.pixel_m)}. Finding {finding.id}, method "
        f"{finding.method}."
    ]
    if superseded:
        paragraphs[0] += " A LATER SCAN OF THE SAME SCENES SUPERSEDED THIS FINDING."
    if outline.basis == "placeholder":
        paragraphs.append(words.PLACEHOLDER_SENTENCE)
    paragraphs.append(_seen_words(observation))
    rivals = "; ".join(f"{cause.lower()}: {said}" for cause, said in rival_words(finding))
    if rivals:
        paragraphs.append(f"Other causes: {_cut(rivals)}.")
    if finding.caveats:
        paragraphs.append(f"Caveats: {_cut(' '.join(finding.caveats))}")
    paragraphs.append(_image_words(finding, facts))
    return paragraphs


def _review_words(review: Review | None) -> str:
    """Say what a person made of the finding, without the name: a figure travels far."""
    if review is None:
        return "Not reviewed by a person"
    return f"{VERDICTS[review.verdict].capitalize()}, {review.reviewed_at[:10]}"


def _seen_words(observation: Observation | None) -> str:
    """Say how much was looked at; silence would read as "nothing else changed"."""
    if observation is None:
        return "How much of the outline was seen is not on record."
    share = words.share_words(observation.seen_fraction)
    question = question_words(observation.method).lower()
    sentence = f"Seen: {share} of the outline, for {question}."
    return f"{sentence} {observation.reason}".rstrip()


def _image_words(finding: Finding, facts: ViewFacts) -> str:
    """Name both scenes with sensor, bands, credit and licence, and the grid they are drawn on."""
    scenes = []
    for letter, scene in (("a", finding.before), ("b", finding.after)):
        credit = scene.credit.strip() or "credit not stated"
        licence = scene.licence.strip() or "not stated"
        scenes.append(
            f"({letter}) {words.scene_words(scene)}; credit: {credit}; licence: {licence}."
        )
    return (
        f"Images: {' '.join(scenes)} Shown in {facts.shown_as}; drawn in "
        f"pixels of {facts.pixel_m:.3g} m in {facts.projection}; each panel is "
        f"{_length_words(facts.view_m)} wide. The arrow points to true north."
    )


def _length_words(length_m: float) -> str:
    if length_m < 1000:
        return f"{round(length_m):,} m"
    return f"{words.quantity_words(length_m / 1000)} km"


def _cut(text: str) -> str:
    if len(text) <= LONGEST_CAVEATS:
        return text
    return f"{text[:LONGEST_CAVEATS].rsplit(' ', 1)[0]} … (more in the record)"
