"""What the figure says below its panels, in whole sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from camp_monitor.codes import Code
from camp_monitor.facilities.facility import Outline
from camp_monitor.facilities.geometry import degree_m
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import caveat_sentences, name_of, phrase

MOST_DECIMALS = 5
"""Decimals of a degree; the fifth is 1.1 m on the ground."""
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
    decimals = min(max(math.floor(math.log10(3 * degree_m(middle.y) / pixel_m)), 0), MOST_DECIMALS)
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
        phrase(
            "caption.what",
            kind=words.kind_words(finding.kind),
            interval=words.interval_words(finding.before, finding.after),
            area=area,
            area_interval=interval,
            confidence=words.confidence_words(finding),
            review=_review_words(review),
            position=words.position_words(finding).capitalize(),
            centre=centre_words(finding.geometry, facts.pixel_m),
            id=finding.id,
            method=finding.method,
        )
    ]
    if superseded:
        paragraphs[0] += f" {phrase('caption.superseded')}"
    if outline.basis == "placeholder":
        paragraphs.append(phrase("placeholder"))
    paragraphs.append(_seen_words(observation))
    explanations = "; ".join(words.explanation_words(finding))
    if explanations:
        paragraphs.append(phrase("caption.explanations", explanations=_cut(explanations)))
    credits = [item for item in finding.caveats if item.code == Code.GROUND_CREDIT]
    caveats = " ".join(caveat_sentences(item for item in finding.caveats if item not in credits))
    if caveats:
        paragraphs.append(phrase("caption.caveats", caveats=_cut(caveats)))
    paragraphs.append(" ".join((_image_words(finding, facts), *caveat_sentences(credits))))
    return paragraphs


def _review_words(review: Review | None) -> str:
    """Say what a person made of the finding, without the name: a figure travels far."""
    if review is None:
        return phrase("caption.unreviewed")
    verdict = name_of("verdict", review.verdict).capitalize()
    return phrase("caption.reviewed", verdict=verdict, date=review.reviewed_at[:10])


def _seen_words(observation: Observation | None) -> str:
    """Say how much was looked at; silence would read as "nothing else changed"."""
    if observation is None:
        return phrase("caption.seen_unknown")
    share = words.share_words(observation.seen_fraction)
    question = words.question_words(observation.method).lower()
    sentence = phrase("caption.seen", share=share, question=question)
    return f"{sentence} {words.unseen_words(observation)}".rstrip()


def _image_words(finding: Finding, facts: ViewFacts) -> str:
    """Name both scenes with sensor, bands, credit and licence, and the grid they are drawn on."""
    unstated = phrase("caption.no_credit")
    images = [
        phrase(
            "caption.image",
            letter=letter,
            scene=words.scene_words(scene),
            credit=scene.credit.strip() or unstated,
            licence=scene.licence.strip() or unstated,
        )
        for letter, scene in (("a", finding.before), ("b", finding.after))
    ]
    return phrase(
        "caption.images",
        images=" ".join(images),
        shown_as=facts.shown_as,
        pixel_m=facts.pixel_m,
        projection=facts.projection,
        length=_length_words(facts.view_m),
    )


def _length_words(length_m: float) -> str:
    if length_m < 1000:
        return f"{round(length_m):,} m"
    return f"{words.quantity_words(length_m / 1000)} km"


def _cut(text: str) -> str:
    if len(text) <= LONGEST_CAVEATS:
        return text
    return phrase("caption.more", text=text[:LONGEST_CAVEATS].rsplit(" ", 1)[0])
