"""What is said of a figure: a short caption, lines in the picture, and a note with all the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from camp_monitor.facilities.facility import Outline
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.redaction.withheld import NOTHING_WITHHELD, Withheld
from camp_monitor.report.text import words
from camp_monitor.report.text.sentences import caveat_sentences, name_of, phrase

MOST_WORDS = 60
"""Of a caption."""
LONGEST_NAME = 80
"""Characters of the place's name in a caption."""


@dataclass(frozen=True)
class ViewFacts:
    """What the note must know of the pictures.

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
    images : tuple of (str, SceneReference)
        Letter and scene of every panel with an image, in their order.
    corners : (str, str)
        Lower left and upper right corner of a panel in print, degrees; empty where withheld.
    callouts : tuple of str
        What the numbered call-outs say, in their order.
    """

    shown_as: str
    pixel_m: float
    projection: str
    view_m: float
    images: tuple[tuple[str, SceneReference], ...]
    corners: tuple[str, str]
    callouts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What is on record of a figure's finding.

    Parameters
    ----------
    place : str
        Name of the facility.
    finding : Finding
    outline : Outline
        The one that the search was made round.
    observation : Observation or None
        The one that the finding came from.
    review : Review or None
        The one that counts; the reviewer is not named, since a figure travels far.
    superseded : bool
        A later scan of the same scenes has another answer.
    language : str
    withheld : Withheld
        What the audience may not see.
    head : str
        Of the ledger that the finding was read from; empty without one.
    """

    place: str
    finding: Finding
    outline: Outline
    observation: Observation | None = None
    review: Review | None = None
    superseded: bool = False
    language: str | None = None
    withheld: Withheld = NOTHING_WITHHELD
    head: str = ""


def caption(told: Told) -> str:
    """Write a caption of at most `MOST_WORDS` words: whole sentences, the weightiest first."""
    chosen: list[str] = []
    for sentence in _sentences(told):
        if len(" ".join([*chosen, sentence]).split()) <= MOST_WORDS:
            chosen.append(sentence)
    return " ".join(chosen)


def _sentences(told: Told) -> list[str]:
    """Return the sentences of a caption in the order in which they are taken up."""
    finding, language = told.finding, told.language
    place = " ".join(told.place.split())
    if len(place) > LONGEST_NAME:
        place = f"{place[: LONGEST_NAME - 1]}…"
    area, interval = words.area_words(finding, language)
    said = [
        phrase("figure.caption.what", language, kind=words.kind_words(finding.kind, language),
               place=place, interval=words.interval_words(finding.before, finding.after, language)),
        phrase("figure.caption.area", language, area=area, area_interval=interval),
        phrase("figure.caption.confidence", language,
               confidence=words.confidence_words(finding, language)),
        _seen_words(told),
        phrase("figure.caption.review", language, review=_review_words(told)),
    ]  # fmt: skip
    if told.outline.basis == "placeholder":
        said.append(phrase("figure.caption.placeholder", language))
    if told.superseded:
        said.insert(0, phrase("caption.superseded", language))
    if finding.simulated:
        said.insert(0, phrase("figure.caption.simulated", language))
    return [*said, phrase("figure.caption.images", language, credits=_credits([
        finding.before, finding.after], language))]  # fmt: skip


def picture_lines(told: Told, facts: ViewFacts, scale: str, width_mm: float) -> list[str]:
    """Return the few lines that the picture itself holds: it travels without its caption."""
    finding, language = told.finding, told.language
    area, interval = words.area_words(finding, language)
    scaled = "audience.scale" if told.withheld.is_local else "figure.scale"
    lines = [
        phrase(scaled, language, scale=scale, width_mm=width_mm, projection=facts.projection),
        phrase("figure.record", language, id=finding.id, method=finding.method, area=area,
               area_interval=interval,
               confidence=words.confidence_words(finding, language)),
        phrase("figure.caption.images", language,
               credits=_credits((scene for _, scene in facts.images), language)),
    ]  # fmt: skip
    if told.superseded:
        lines.insert(0, phrase("caption.superseded", language))
    return [*lines, *told.withheld.sentences(language)]


def note_paragraphs(told: Told, facts: ViewFacts, scale: str, width_mm: float) -> list[str]:
    """Write the note: everything on record of the finding and its images, in paragraphs."""
    finding, language = told.finding, told.language
    area, interval = words.area_words(finding, language)
    paragraphs = [
        phrase(
            "caption.what",
            language,
            kind=words.kind_words(finding.kind, language),
            interval=words.interval_words(finding.before, finding.after, language),
            area=area,
            area_interval=interval,
            confidence=words.confidence_words(finding, language),
            review=_review_words(told),
            position=words.position_words(finding, language).capitalize(),
            centre=told.withheld.centre_words(finding.geometry, facts.pixel_m, language),
            id=finding.id,
            method=finding.method,
        )
    ]
    if told.superseded:
        paragraphs.append(phrase("caption.superseded", language))
    paragraphs.append(words.outline_words(told.outline, language))
    if told.outline.basis == "placeholder":
        paragraphs.append(phrase("placeholder", language))
    paragraphs.append(_seen_and_why(told))
    paragraphs += [
        phrase("figure.note.callout", language, number=number, text=text)
        for number, text in enumerate(facts.callouts, 1)
    ]
    explanations = "; ".join(words.explanation_words(finding, language))
    if explanations:
        paragraphs.append(phrase("caption.explanations", language, explanations=explanations))
    caveats = " ".join(caveat_sentences(finding.caveats, language))
    if caveats:
        paragraphs.append(phrase("caption.caveats", language, caveats=caveats))
    paragraphs.append(_image_words(facts, language))
    paragraphs.append(view_words(facts, scale, width_mm, language))
    paragraphs += told.withheld.sentences(language)
    paragraphs.append(phrase("figure.note.borders", language))
    if told.head:
        paragraphs.append(phrase("ledger.head", language, head=told.head))
    return paragraphs


def view_words(facts: ViewFacts, scale: str, width_mm: float, language: str | None = None) -> str:
    """Say how the images are shown: bands, pixels, projection, scale, corners."""
    lower_left, upper_right = facts.corners
    return phrase(
        "figure.note.view" if lower_left else "audience.view",
        language,
        shown_as=facts.shown_as,
        pixel_m=facts.pixel_m,
        projection=facts.projection,
        length=_length_words(facts.view_m),
        scale=scale,
        width_mm=width_mm,
        lower_left=lower_left,
        upper_right=upper_right,
    )


def _review_words(told: Told) -> str:
    """Say what a person made of the finding, without the name: a figure travels far."""
    if told.review is None:
        return phrase("caption.unreviewed", told.language)
    verdict = name_of("verdict", told.review.verdict, told.language).capitalize()
    date = told.review.reviewed_at[:10]
    return phrase("caption.reviewed", told.language, verdict=verdict, date=date)


def _seen_words(told: Told) -> str:
    """Say how much was looked at; silence would read as "nothing else changed"."""
    if told.observation is None:
        return phrase("caption.seen_unknown", told.language)
    share = words.share_words(told.observation.seen_fraction, told.language)
    question = words.question_words(told.observation.method, told.language).lower()
    return phrase("caption.seen", told.language, share=share, question=question)


def _seen_and_why(told: Told) -> str:
    if told.observation is None:
        return _seen_words(told)
    why = words.unseen_words(told.observation, told.language)
    return f"{_seen_words(told)} {why}".rstrip()


def _credits(scenes: Iterable[SceneReference], language: str | None) -> str:
    """Print the credits of scenes, each once."""
    unstated = phrase("caption.no_credit", language)
    return "; ".join(dict.fromkeys(scene.credit.strip() or unstated for scene in scenes))


def _image_words(facts: ViewFacts, language: str | None) -> str:
    """Name all scenes with sensor, bands, credit and licence, and the grid they are drawn on."""
    unstated = phrase("caption.no_credit", language)
    images = [
        phrase(
            "caption.image",
            language,
            letter=letter,
            scene=words.scene_words(scene, language),
            credit=scene.credit.strip() or unstated,
            licence=scene.licence.strip() or unstated,
        )
        for letter, scene in facts.images
    ]
    return phrase("caption.images", language, images=" ".join(images))


def _length_words(length_m: float) -> str:
    if length_m < 1000:
        return f"{round(length_m):,} m"
    return f"{words.quantity_words(length_m / 1000)} km"
