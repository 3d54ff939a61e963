"""From the ledger and the catalogue to the print figure of one finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from camp_monitor.assess.question import recall, refer
from camp_monitor.codes import LanguageCode
from camp_monitor.errors import InputError, SceneError
from camp_monitor.events.lookup import find_finding
from camp_monitor.facilities import Facility, Outline, find_facility
from camp_monitor.facilities.surroundings import search_area
from camp_monitor.ledger.ledger import Ledger
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.pairs.selection import choose_scene
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, latest_reviews
from camp_monitor.records.scene_reference import SceneReference
from camp_monitor.report.figure.caption import Told
from camp_monitor.report.figure.figure import draw_figure
from camp_monitor.report.figure.lettering import (
    find_korean_font,
    is_korean,
    latin_font,
    missing_characters,
    unprintable,
)
from camp_monitor.report.figure.options import (
    FORMATS,
    WIDTH_MM,
    CallOut,
    FigureOptions,
    check_width_mm,
)
from camp_monitor.report.figure.panels import Shown
from camp_monitor.report.figure.sheet import panel_px
from camp_monitor.report.figure.views import read_beside, read_both, view_grid
from camp_monitor.report.redaction.redact import Rules, choose_audience, redacted, rules_for
from camp_monitor.report.text import words
from camp_monitor.report.text.catalogue import contexts
from camp_monitor.report.text.sentences import (
    DEFAULT,
    choose_language,
    in_language,
    language_in_use,
    phrase,
    texts,
)
from camp_monitor.report.writing import write_whole
from camp_monitor.scenes.catalogue import check_unaltered, read_scenes
from camp_monitor.scenes.scene import Scene
from camp_monitor.settings import ReportSettings, ScanSettings
from camp_monitor.workspace import AnyWorkspace, Workspace, open_workspace


@dataclass(frozen=True)
class FindingFigure:
    """A figure and what to say of it.

    Parameters
    ----------
    content : bytes
        The whole file.
    caption : str
        At most 60 words, to be set below it.
    note : tuple of str
        Paragraphs with all that is on record of the finding, its images and the view.
    view : str
        Of these, what says how the images are shown.
    facility : Facility
    finding : Finding
    remarks : tuple of str
        Sentences for whoever asked for the figure: what could not be drawn, what to mind.
    """

    content: bytes
    caption: str
    note: tuple[str, ...]
    view: str
    facility: Facility
    finding: Finding
    remarks: tuple[str, ...]

    @property
    def note_text(self) -> str:
        """The caption and the note as a text file holds them."""
        return "\n\n".join((self.caption, *self.note)) + "\n"


def draw_finding_figure(
    workspace: AnyWorkspace,
    finding_id: str,
    *,
    file_format: str,
    width_mm: float = WIDTH_MM,
    options: FigureOptions = FigureOptions(),  # noqa: B008 - a frozen value
) -> FindingFigure:
    """Draw before, after, further dates and change of one finding.

    Parameters
    ----------
    workspace : Workspace, Path or str
        The workspace, or its folder.
    finding_id : str
        Of the finding, or of an event, see `find_finding`; or as much of it as tells it from the
        others.
    file_format : str
        One of `FORMATS`.
    width_mm : float
        Width in print, millimetres.
    options : FigureOptions
        Title, further dates, call-outs, inset, language.

    Raises
    ------
    InputError
        No such finding, a width that cannot be printed, or a call-out beyond the view.
    SceneError
        A scene is gone from the catalogue, or is no longer the one that was compared.
    """
    workspace = open_workspace(workspace)
    with open_ledger_of(workspace, reading=True) as ledger:
        finding = find_finding(ledger, finding_id)
        current = ledger.findings(finding.facility_id, candidates=True)
        observation = _observation(ledger, finding)
        review = latest_reviews(ledger.reviews(finding.id)).get(finding.id)
        head = ledger.head_sha256()
    facility = find_facility(workspace.aoi, finding.facility_id)
    pair = (finding.before, finding.after)
    subject = Subject(
        facility, _outline(facility, finding), finding, _scenes(workspace, finding),
        beside=_beside(workspace, facility, finding, options.dates),
        others=tuple(
            one for one in current
            if one.id != finding.id and (one.before, one.after) == pair and not one.candidate
        ),
        observation=observation,
        review=review,
        superseded=finding.id not in {item.id for item in current},
        head=head,
    )  # fmt: skip
    with in_language(choose_language(options.language, workspace.configuration.language)):
        return draw_subject(
            subject,
            workspace.configuration.scan,
            file_format=file_format,
            width_mm=width_mm,
            options=options,
            report=workspace.configuration.report,
        )


@dataclass(frozen=True)
class Subject:
    """What a figure is of.

    Parameters
    ----------
    facility, outline, finding
        The outline is the version that the search was made round.
    scenes : (Scene, Scene)
        Before and after, with the files that were compared.
    others : tuple of Finding
        Of the same pair.
    observation, review
        That the finding came from, and the one that counts, where there is one.
    superseded : bool
        A later scan of the same scenes has another answer.
    beside : tuple of Scene
        Further dates.
    head : str
        Of the ledger; empty without one.
    """

    facility: Facility
    outline: Outline
    finding: Finding
    scenes: tuple[Scene, Scene]
    others: tuple[Finding, ...] = ()
    observation: Observation | None = None
    review: Review | None = None
    superseded: bool = False
    beside: tuple[Scene, ...] = ()
    head: str = ""


def draw_subject(
    subject: Subject,
    settings: ScanSettings,
    *,
    file_format: str,
    width_mm: float = WIDTH_MM,
    options: FigureOptions = FigureOptions(),  # noqa: B008 - a frozen value
    report: ReportSettings = ReportSettings(),  # noqa: B008 - a frozen value
) -> FindingFigure:
    """Draw a figure of what was compared with these settings, as `draw_finding_figure` does."""
    with in_language(choose_language(options.language, DEFAULT)):
        return _draw(subject, settings, file_format, width_mm, options, report)


def _draw(
    subject: Subject, settings: ScanSettings, file_format: str, width_mm: float,
    options: FigureOptions, report: ReportSettings,
) -> FindingFigure:  # fmt: skip
    facility, finding, language = subject.facility, subject.finding, language_in_use()
    panels = 3 + len(subject.beside)
    check_width_mm(width_mm)
    grid = view_grid(*subject.scenes, finding, panel_px(width_mm, panels))
    before, after = read_both(settings, subject.scenes, subject.outline, grid)
    korean = _korean_font(facility, options)
    if korean is None and language == LanguageCode.KOREAN:
        with in_language(DEFAULT):  # without a font for them, no letters as boxes
            english = replace(options, language="en")
            return _draw(subject, settings, file_format, width_mm, english, report)
    beside = [
        (refer(scene), read_beside(settings, subject.scenes[0], scene, subject.outline, grid))
        for scene in subject.beside
    ]
    scenes = [finding.before, finding.after, *(scene for scene, _ in beside)]
    audience = choose_audience(options.audience, report)
    rules = rules_for(facility, audience, report, grid).with_scenes(scenes)
    told = Told(
        words.facility_name(facility), finding, subject.outline, subject.observation,
        subject.review, subject.superseded, language, rules.withheld, subject.head,
    )  # fmt: skip
    shown = Shown(
        told, rules.pixels(before, finding.before), rules.pixels(after, finding.after),
        subject.others,
        tuple((scene, rules.pixels(image, scene)) for scene, image in beside),
        tuple(_moved(_resolved(callout, subject, language), rules) for callout in options.callouts),
    )  # fmt: skip
    drawn = draw_figure(
        redacted(facility, rules), redacted(shown, rules), korean_font=korean, width_mm=width_mm,
        file_format=file_format, options=options,
    )  # fmt: skip
    remarks = _remarks(facility, korean, list(filter(rules.may_show, scenes)), options)
    return FindingFigure(
        drawn.content, drawn.caption, drawn.note, drawn.view, facility, finding, remarks
    )


def write_figure(drawn: FindingFigure, path: Path) -> Path:
    """Write a figure and, beside it, its caption and note as a text file, whose path is returned.

    Raises
    ------
    InputError
        One of them cannot be written.
    """
    write_whole(drawn.content, path)
    note = path.with_suffix(".txt")
    write_whole(drawn.note_text.encode(), note)
    return note


def format_of(path: Path) -> str:
    """Return the format that the end of a file's name asks for.

    Raises
    ------
    InputError
        It is none of `FORMATS`.
    """
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise InputError(
            f"{path} ends in {path.suffix or 'nothing'!r}, and a figure is a .png, .svg or .pdf "
            f"file: name one of these."
        )
    return suffix


def _beside(
    workspace: Workspace, facility: Facility, finding: Finding, dates: Sequence[str]
) -> tuple[Scene, ...]:
    """Return the scenes that further dates mean, as a scan takes them."""
    if not dates:
        return ()
    area = search_area(_outline(facility, finding), workspace.configuration.scan.margin_m)
    held = read_scenes(workspace.imagery)
    chosen = {
        scene.id: scene for scene in (choose_scene(held, date, area, "further") for date in dates)
    }
    for reference in (finding.before, finding.after):
        chosen.pop(reference.id, None)
    for scene in chosen.values():
        check_unaltered(scene)
    return tuple(chosen.values())


def _observation(ledger: Ledger, finding: Finding) -> Observation | None:
    """Return the observation that the finding came from: one that counts, if there is."""
    for superseded in (False, True):
        for item in ledger.observations(finding.facility_id, superseded=superseded):
            if finding.id in item.named_ids:
                return item
    return None


def _outline(facility: Facility, finding: Finding) -> Outline:
    """Return the outline that the search was made round."""
    for outline in facility.outlines:
        if outline.version == finding.outline_version:
            return outline
    raise InputError(
        f"Finding {finding.id} was made round version {finding.outline_version} of the outline of "
        f"{facility.id}, which its file no longer holds: put that version back."
    )


def _scenes(workspace: Workspace, finding: Finding) -> tuple[Scene, Scene]:
    """Return the two scenes of a finding, as they were when they were compared."""
    held = {scene.id: scene for scene in read_scenes(workspace.imagery)}
    found: list[Scene] = []
    for reference in (finding.before, finding.after):
        scene = recall(held, reference)
        if scene is None:
            raise SceneError(
                f"The scene {reference.id} of finding {finding.id} is not in the catalogue, and a "
                f"figure shows both: add it again with 'camp-monitor scenes add'."
            )
        if scene.sha256 != reference.sha256:
            raise SceneError(
                f"The scene {reference.id} in the catalogue has other files than the one that "
                f"finding {finding.id} was made from: restore the original."
            )
        check_unaltered(scene)
        found.append(scene)
    return found[0], found[1]


def _resolved(callout: CallOut, subject: Subject, language: str | None) -> CallOut:
    """Give a call-out of a finding its place, and its text where it has none."""
    if not callout.finding_id:
        return callout
    for item in (subject.finding, *subject.others):
        if item.id.startswith(callout.finding_id):
            spot = item.geometry.representative_point()
            kind, (area, _) = (
                words.kind_words(item.kind, language),
                words.area_words(item, language),
            )
            said = callout.text or phrase("figure.callout", language, kind=kind, area=area)
            return CallOut(said, spot.y, spot.x)
    raise InputError(f"{callout.finding_id} is no finding of the pair that the figure shows.")


def _moved(callout: CallOut, rules: Rules) -> CallOut:
    """Move a call-out with the ground."""
    if rules.frame is None:
        return callout
    lon, lat = rules.frame.moved_point(callout.lon, callout.lat)
    return replace(callout, lat=lat, lon=lon)


def _korean_font(facility: Facility, options: FigureOptions) -> str | None:
    """Find a font for what is not Latin: the names of the place, the title, the language."""
    said = "".join(text for _, text in contexts(texts(options.language)))
    needed = "".join((*facility.names_ko, options.title, said))
    missing = missing_characters(needed, latin_font())
    return find_korean_font(filter(is_korean, missing)) if needed else None


def _remarks(
    facility: Facility,
    korean_font: str | None,
    scenes: Sequence[SceneReference],
    options: FigureOptions,
) -> tuple[str, ...]:
    """Say what the figure leaves out, and what its licences ask."""
    remarks, language = [], language_in_use()
    if facility.names_ko and korean_font is None:
        remarks.append(phrase("figure.no_korean_font", language))
    said = (options.title or facility.name, *(one.text for one in options.callouts))
    lost = unprintable((*said, *(facility.names_ko if korean_font else ())), korean_font)
    if lost:
        remarks.append(phrase("figure.no_letters", language, letters=" ".join(lost)))
    for scene in scenes:
        if scene.licence.strip().lower() in ("", "proprietary", "other"):
            licence = scene.licence.strip() or phrase("caption.no_credit", language)
            remarks.append(phrase("figure.licence", language, id=scene.id, licence=licence))
    return tuple(dict.fromkeys(remarks))
