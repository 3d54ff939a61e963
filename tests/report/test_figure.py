"""The print figure: the same bytes for the same finding, true to scale, and nothing unreadable."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pypdf
import pytest
import rasterio
import shapely
from affine import Affine
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from odc.geo.geom import Geometry
from PIL import Image as Pillow

from camp_monitor.assess.question import refer
from camp_monitor.cli import main
from camp_monitor.errors import CampMonitorError, InputError, SceneError
from camp_monitor.facilities import bundled_registry
from camp_monitor.facilities.facility import Facility
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review
from camp_monitor.report.figure import inset
from camp_monitor.report.figure.caption import (
    MOST_WORDS,
    Told,
    caption,
    note_paragraphs,
)
from camp_monitor.report.figure.coarse_reading import read_coarse
from camp_monitor.report.figure.figure import draw_figure
from camp_monitor.report.figure.finding_figure import draw_finding_figure
from camp_monitor.report.figure.furniture import north_angle_deg
from camp_monitor.report.figure.lettering import (
    UNKNOWN,
    find_korean_font,
    fonts_for,
    latin_font,
    missing_characters,
    printable,
    text_width_pt,
    unprintable,
    wrap,
)
from camp_monitor.report.figure.options import CallOut, FigureOptions, read_callout, read_width_mm
from camp_monitor.report.figure.panels import Panels, Shown
from camp_monitor.report.figure.sheet import _outlines, lay_out, panel_px
from camp_monitor.report.figure.views import view_grid
from camp_monitor.report.text import words
from camp_monitor.report.text.places import centre_words
from camp_monitor.report.text.sentences import caveat_sentences, name_of, phrase
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.workspace import Workspace, create_workspace
from tests.report import painted
from tests.swapped import preamble

UTM = "EPSG:32652"
NOW = datetime(2024, 1, 1, tzinfo=UTC)
HANGUL = "전거리 제12호 교화소"
HOSTILE = "$\\frac{1}{0}$ _^{} \x00\x1b[31m\u202e<script>&\"' %s " + "W" * 400
SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"


def middle_m() -> tuple[float, float]:
    """The painted compound's middle, snapped to 10 m, in UTM."""
    flat = Geometry(painted.outline().geometry.centroid, "EPSG:4326").to_crs(UTM).geom
    return round(flat.x, -1), round(flat.y, -1)


def rectangle_deg(width_m: float, height_m: float) -> shapely.Polygon:
    """A rectangle round the middle, in degrees."""
    x, y = middle_m()
    flat = shapely.box(x - width_m / 2, y - height_m / 2, x + width_m / 2, y + height_m / 2)
    return Geometry(flat, UTM).to_crs("EPSG:4326").geom


def annex() -> Finding:
    """The smallest: 46 x 128 m."""
    return replace(
        painted.findings()[0], geometry=rectangle_deg(46, 128), area_m2=5888, area_high_m2=6900
    )


def view(pixel_m: float = 10.0, side_px: int = 40) -> GeoBox:
    x, y = middle_m()
    half = side_px * pixel_m / 2
    return GeoBox((side_px, side_px), Affine(pixel_m, 0, x - half, 0, -pixel_m, y + half), UTM)


def image(grid: GeoBox, seed: int, *, built: bool) -> Image:
    random = np.random.default_rng(seed)
    pixels = random.uniform(0.05, 0.15, (3, *grid.shape)).astype(np.float32)
    if built:
        row, col = grid.shape[0] // 2, grid.shape[1] // 2
        pixels[:, row - 6 : row + 6, col - 2 : col + 2] = 0.4
    flags = np.zeros(grid.shape, np.uint8)
    return Image(pixels, ("red", "green", "blue"), "reflectance", flags, grid)


def draw(file_format: str = "png", **changes: object) -> bytes:
    grid = view()
    content: dict[str, Any] = {
        "facility": painted.facility(),
        "outline": painted.outline(),
        "finding": annex(),
        "before": image(grid, 1, built=False),
        "after": image(grid, 2, built=True),
        "observation": painted.observations()[0],
        "others": painted.findings(),
        "korean_font": find_korean_font([HANGUL]),
        "file_format": file_format,
        **changes,
    }
    facility = content.pop("facility")
    told = Told(
        facility.name, content.pop("finding"), content.pop("outline"), content.pop("observation"),
    )  # fmt: skip
    images = content.pop("before"), content.pop("after"), content.pop("others")
    shown = Shown(told, *images, content.pop("beside", ()), content.pop("callouts", ()))
    return draw_figure(facility, shown, **content).content


def pixels_of(content: bytes) -> NDArray[np.uint8]:
    with Pillow.open(io.BytesIO(content)) as opened:
        return np.asarray(opened.convert("RGB"))


def lines(**changes: object) -> str:
    """The caption and the note."""
    content = {"finding": annex(), "observation": painted.observations()[0], **changes}
    grid = view()
    first, second = image(grid, 1, built=False), image(grid, 2, built=True)
    finding, observation = content["finding"], content["observation"]
    assert isinstance(finding, Finding)
    assert observation is None or isinstance(observation, Observation)
    review = content.get("review")
    assert review is None or isinstance(review, Review)
    told = Told(
        "종거리", finding, painted.outline(), observation, review,
        bool(content.get("superseded")),
    )  # fmt: skip
    panels = Panels(Shown(told, first, second))
    return "\n".join([caption(told), *note_paragraphs(told, panels.facts, "1:7,000", 170)])


# --- the same finding, the same bytes


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_other_processes_draw_the_same_bytes(file_format: str) -> None:
    code = preamble() + (
        "import hashlib, locale, matplotlib\n"
        "locale.setlocale(locale.LC_ALL, '')\n"
        "matplotlib.rcParams.update({'lines.linewidth': 9, 'hatch.linewidth': 9,"
        " 'axes.facecolor': 'red', 'svg.fonttype': 'none', 'text.usetex': True})\n"
        "from tests.report.test_figure import draw\n"
        f"print(hashlib.sha256(draw({file_format!r})).hexdigest())\n"
    )
    hashes = {hashlib.sha256(draw(file_format)).hexdigest()}
    for seed, language in (("1", "C"), ("2", "C.UTF-8")):
        environment = {"PYTHONHASHSEED": seed, "LC_ALL": language, "TZ": "Asia/Pyongyang"}
        ran = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | environment, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        hashes.add(ran.stdout.strip())
    assert len(hashes) == 1


def test_settings_of_matplotlib_are_left_as_they_were() -> None:
    before = dict(matplotlib.rcParams)
    draw("svg")
    assert dict(matplotlib.rcParams) == before


def test_another_finding_is_another_figure() -> None:
    assert draw() != draw(finding=replace(annex(), confidence="low"))


# --- size


@pytest.mark.parametrize("width_mm", [85.0, 170.0, 171.3, 420.0])
def test_a_png_has_300_pixels_an_inch(width_mm: float) -> None:
    with Pillow.open(io.BytesIO(draw(width_mm=width_mm))) as opened:
        assert opened.width == round(width_mm / 25.4 * 300)
        assert opened.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert "Software" not in opened.info


@pytest.mark.parametrize("width_mm", [0.0, -5.0, 79.9, 421.0, float("nan"), float("inf")])
def test_a_width_that_no_page_has_is_refused(width_mm: float) -> None:
    with pytest.raises(InputError, match="give between 80 and 420 mm"):
        draw(width_mm=width_mm)


def test_an_svg_has_its_width_and_refers_to_nothing_outside() -> None:
    content = draw("svg")
    assert b"<!DOCTYPE" not in content
    root = ET.fromstring(content)
    width = root.get("width")
    assert width is not None
    assert float(width.removesuffix("pt")) == pytest.approx(170 / 25.4 * 72, abs=0.25)
    assert not list(root.iter(f"{SVG}text")), "letters are drawn as paths"
    assert not list(root.iter(f"{SVG}script"))
    links = [link for element in root.iter() if (link := element.get(XLINK) or element.get("href"))]
    assert links
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert b"@import" not in content
    assert b"matplotlib" not in content.lower()


# --- letters


def test_the_korean_font_has_every_letter() -> None:
    family = find_korean_font([HANGUL])
    if family is None:
        sentence = "no font with Hangul here: Debian has fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    font = FontProperties(family=[family])
    assert missing_characters(HANGUL, font) == ""
    assert missing_characters(HANGUL, latin_font()), "else the check finds nothing"
    assert printable(HANGUL, font) == HANGUL


def test_what_the_korean_font_lacks_comes_from_the_one_inside_matplotlib() -> None:
    family = find_korean_font([HANGUL])
    if family is None:
        pytest.skip("no font with Hangul here, which the test above says")
    said = f"שלום مرحبا 😀 {HANGUL}"
    for font in fonts_for(said, family):
        assert printable(said, font) == said
    assert unprintable((said, "👩 \u202e"), family) == "👩"


@pytest.mark.parametrize(("ha", "left", "right"), [("left", 0, 10.5), ("center", -5.25, 5.25)])
def test_letters_as_shapes_stand_where_letters_would(ha: str, left: float, right: float) -> None:
    how = {"fontproperties": latin_font(), "fontsize": 5.5, "color": "k", "va": "top", "ha": ha}
    flat = _outlines(50, 20, "129.750° E", how).get_path().get_extents()
    assert flat.y0 == pytest.approx(20)
    assert left - 1 < flat.x0 - 50 < left + 1.5
    assert right - 1 < flat.x1 - 50 < right + 1
    turned = _outlines(50, 20, "129.750° E", how | {"rotation": 90}).get_path().get_extents()
    assert turned.height == pytest.approx(flat.width)


def test_korean_names_are_drawn_or_left_out_but_never_boxes() -> None:
    nameless = replace(painted.facility(), names_ko=())
    without = draw(facility=nameless)
    assert draw(korean_font=None) == without
    if find_korean_font([HANGUL]) is not None:
        assert draw() != without
        other = replace(painted.facility(), names_ko=("거전리 제12호 교화소",))
        assert draw(facility=other) != draw(), "two names look different, unlike boxes"


def test_letters_that_no_font_has_find_no_font() -> None:
    assert find_korean_font(["\ue000\U0010fffd"]) is None


@pytest.mark.parametrize("file_format", ["png", "svg", "pdf"])
def test_hostile_names_are_text_and_nothing_else(file_format: str) -> None:
    facility = Facility(id="x", name="x", names_ko=(HANGUL,))
    object.__setattr__(facility, "name", HOSTILE)
    object.__setattr__(facility, "names_ko", (HOSTILE, HANGUL * 40))
    scene = replace(painted.BEFORE, credit=HOSTILE, licence="$x$", id="$" + "i" * 300)
    content = draw(file_format, facility=facility, finding=replace(annex(), before=scene))
    if file_format == "png":
        page = pixels_of(content)
        assert (page[:, :3] == 255).all(), "nothing runs over the left margin"
        assert (page[:, -3:] == 255).all(), "nothing runs over the right margin"
    elif file_format == "svg":
        ET.fromstring(content)
        assert b"<script" not in content
    else:
        [page_of_pdf] = pypdf.PdfReader(io.BytesIO(content)).pages
        assert float(page_of_pdf.mediabox.width) == pytest.approx(170 / 25.4 * 72, abs=0.3)


def test_dollar_signs_are_not_formulas() -> None:
    plain = text_width_pt("$x$", latin_font(), 9)
    assert plain > 2 * text_width_pt("$", latin_font(), 9)
    a, b = (draw(facility=replace(painted.facility(), name=name)) for name in ("$xy$", "xy"))
    assert a != b


@given(st.text(max_size=60))
def test_printable_text_is_one_line_with_glyphs(text: str) -> None:
    shown = printable(text, latin_font())
    assert shown.isprintable()
    assert missing_characters(shown, latin_font()) == ""
    assert printable(shown, latin_font()) == shown


@settings(deadline=None, max_examples=40)
@given(st.text("abc W$_-12 ", max_size=120), st.floats(30, 200))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width_pt: float) -> None:
    text = printable(text, latin_font())
    broken = wrap(text, latin_font(), 6.5, width_pt)
    assert all(text_width_pt(line, latin_font(), 6.5) <= width_pt for line in broken)
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")


def test_unknown_letters_become_a_question_mark() -> None:
    assert printable("a\u202e\tb \U00012000", latin_font()) == f"a{UNKNOWN} b {UNKNOWN}"


# --- what it says


def test_the_caption_says_everything() -> None:
    said, [seen, *_] = lines(), painted.observations()
    for part in (
        words.interval_words(painted.BEFORE, painted.AFTER), *words.area_words(annex()),
        words.confidence_words(annex()), words.position_words(annex()).capitalize(), annex().id,
        "Sentinel-2", painted.BEFORE.credit, painted.BEFORE.licence, "93 %",
        words.unseen_words(seen), "(WGS 84)", name_of("bands", "red green blue"), "EPSG:32652",
        phrase("caption.unreviewed"), *caveat_sentences(annex().caveats),
    ):  # fmt: skip
        assert part in said
    assert phrase("caption.seen_unknown") in lines(observation=None)
    assert phrase("caption.superseded") in lines(superseded=True)


def test_a_rejected_finding_says_so_and_names_nobody() -> None:
    review = Review(annex().id, "rejected", "R. N.", "2016-09-20T12:00:00+00:00", "A shadow.")
    said = lines(review=review)
    verdict = name_of("verdict", "rejected").capitalize()
    assert phrase("caption.reviewed", verdict=verdict, date="2016-09-20") in said
    assert "R. N." not in said


@pytest.mark.parametrize(
    ("pixel_m", "printed"),
    [
        (0.5, "42.12346° N, 129.98765° W (WGS 84)"),
        (3.0, "42.12346° N, 129.98765° W (WGS 84)"),
        (10.0, "42.1235° N, 129.9877° W (WGS 84)"),
        (30.0, "42.1235° N, 129.9877° W (WGS 84)"),
        (100.0, "42.123° N, 129.988° W (WGS 84)"),
        (1e7, "42° N, 130° W (WGS 84)"),
    ],
)
def test_coordinates_are_no_finer_than_pixels(pixel_m: float, printed: str) -> None:
    spot = shapely.Point(-129.987654, 42.123456).buffer(1e-5)
    assert centre_words(spot, pixel_m) == printed


def test_simulated_scenes_are_marked_in_the_picture() -> None:
    painted_scene = replace(painted.AFTER, simulated=True)
    assert replace(annex(), after=painted_scene).simulated
    assert not annex().simulated
    red = np.array([0x9B, 0x11, 0x11])
    marked = pixels_of(draw(finding=replace(annex(), after=painted_scene)))
    assert (marked == red).all(axis=2).sum() > 3 * 1000
    assert not (pixels_of(draw()) == red).all(axis=2).any()


LONG = Told("A name " * 40, painted.findings()[0], replace(painted.outline(), basis="placeholder"))


@pytest.mark.parametrize("superseded", [True, False])
def test_the_caption_ends_with_a_sentence_within_sixty_words(superseded: bool) -> None:
    scene = replace(painted.BEFORE, credit="Credit " * 50)
    finding = replace(LONG.finding, before=scene, after=replace(painted.AFTER, simulated=True))
    said = caption(replace(LONG, finding=finding, superseded=superseded))
    assert len(said.split()) <= MOST_WORDS
    assert said.endswith(".")
    assert "…" not in said.rpartition("between")[2], "only a name is ever cut"
    for needed in (words.confidence_words(finding), words.area_words(finding)[0], "SIMULATED"):
        assert needed in said


# --- what may be chosen


def test_widths_have_names() -> None:
    assert [read_width_mm(name) for name in ("column", "page", "slide", "99.5")] == [
        85, 170, 250, 99.5,
    ]  # fmt: skip
    with pytest.raises(InputError, match="is no width"):
        read_width_mm("poster")


@pytest.mark.parametrize("text", ["x", "1,2", "99,10=x", "F12g=x", "1,2=" + "x" * 201])
def test_a_call_out_without_a_place_or_a_text_is_one_sentence(text: str) -> None:
    with pytest.raises(InputError, match="call-out"):
        read_callout(text)


def test_a_call_out_is_numbered_in_every_panel_and_beyond_the_view_refused() -> None:
    middle = annex().geometry.centroid
    sign = CallOut("A gate", middle.y, middle.x)
    disc = np.array([0xB0, 0x00, 0x20])
    marked = draw(callouts=(sign,))
    for number in range(3):
        assert (panel_of(marked, number) == disc).all(axis=2).sum() > 300
    with pytest.raises(InputError, match="lies beyond the figure"):
        draw(callouts=(replace(sign, lat=middle.y + 1),))


def test_six_dates_stand_in_their_order_and_in_the_note() -> None:
    days = ("2015-01-01", "2016-08-25", "2017-01-01", "2018-01-01")
    scenes = [
        replace(
            painted.BEFORE, id=f"S{day}", acquired_from_at=f"{day}T00:00:00Z",
            acquired_to_at=f"{day}T00:00:01Z",
        )
        for day in days
    ]  # fmt: skip
    beside = tuple((scene, image(view(), 3, built=False)) for scene in scenes)
    told = Told("x", annex(), painted.outline())
    shown = Shown(told, image(view(), 1, built=False), image(view(), 2, built=True), beside=beside)
    facts = Panels(shown).facts
    dates = [scene.acquired_from_at[:10] for _, scene in facts.images]
    assert dates == sorted(dates)
    assert len(dates) == 6
    note = "\n".join(note_paragraphs(told, facts, "1:7,000", 170))
    assert all(scene.id in note for scene in scenes)
    with pytest.raises(InputError, match="six dates at most"):
        FigureOptions(dates=("2016",) * 5)


def test_the_inset_is_drawn_only_where_its_map_is() -> None:
    with_inset = draw()
    options = FigureOptions(inset=False)
    assert draw(options=options) != with_inset
    assert inset.is_inside(129.755, 42.209)
    assert not inset.is_inside(-95.0, 40.0)


# --- what it shows


def panel_of(content: bytes, number: int) -> NDArray[np.uint8]:
    """Cut one panel out of a PNG, within its frame: the first row that is nearly all dark."""
    page = pixels_of(content)
    top = np.flatnonzero((page < 120).all(axis=2).mean(axis=1) > 0.9)[0]
    panel = panel_px(170)
    left = round(lay_out(170, 3).across_mm(number) / 25.4 * 300)
    return page[top + 4 : top + panel - 3, left + 4 : left + panel - 3]


def test_pixels_are_drawn_as_squares_true_to_scale() -> None:
    grid = view(10.0, 40)
    pixels = np.full((3, 40, 40), 0.1, np.float32)
    pixels[:, 8:14, 24:30] = 0.9
    flags = np.zeros((40, 40), np.uint8)
    shown = Image(pixels, ("red", "green", "blue"), "reflectance", flags, grid)
    around = replace(painted.outline(), geometry=rectangle_deg(4000, 4000))
    content = draw(before=shown, after=shown, others=(), observation=None, outline=around)
    panel = panel_of(content, 0)
    white = (panel == 255).all(axis=2)
    side = panel_px(170) / 40
    row, col = np.nonzero(white[: int(16 * side), : int(33 * side)])
    assert (row.mean() + 4) / side == pytest.approx(11, abs=0.1)
    assert (col.mean() + 4) / side == pytest.approx(27, abs=0.1)
    assert len(row) == pytest.approx((6 * side) ** 2, rel=0.03)


def test_what_was_not_seen_is_hatched_and_in_the_key() -> None:
    unseen = replace(painted.observations()[0], not_seen=rectangle_deg(380, 380))
    hatched = draw(observation=unseen, others=())
    clear = draw(observation=replace(unseen, not_seen=None), others=())
    assert np.array_equal(panel_of(hatched, 0), panel_of(clear, 0))
    differs = (panel_of(hatched, 2) != panel_of(clear, 2)).any(axis=2)
    assert differs.mean() > 0.3


def test_change_survives_grey_print() -> None:
    for kind in ("construction", "flooding", "water_loss", "clearing", "demolition"):
        finding = replace(annex(), kind=kind)
        grey = panel_of(draw(finding=finding, others=(), observation=None), 2).mean(axis=2)
        side = grey.shape[0]
        inside = grey[int(0.4 * side) : int(0.6 * side), int(0.46 * side) : int(0.54 * side)]
        assert inside.std() > 15, kind


def test_true_north_is_not_the_grids_north() -> None:
    west = GeoBox((10, 10), Affine(10, 0, 300000, 0, -10, 4700000), UTM)
    east = GeoBox((10, 10), Affine(10, 0, 700000, 0, -10, 4700000), UTM)
    # Convergence of a transverse Mercator: difference of longitude times the sine of latitude.
    lon, lat = Geometry(shapely.Point(300050, 4699950), UTM).to_crs("EPSG:4326").coords[0]
    expected_deg = (129 - lon) * np.sin(np.radians(lat))
    assert north_angle_deg(west) == pytest.approx(expected_deg, abs=0.02)
    assert north_angle_deg(west) == pytest.approx(-north_angle_deg(east), abs=0.02)
    assert north_angle_deg(west) > 1.0


# --- from the ledger and the catalogue


def write_tiff(path: Path, grid: GeoBox, seed: int, *, changed: bool) -> None:
    random = np.random.default_rng(seed)
    height, width = grid.shape
    pixels = random.integers(60, 110, (3, height, width), dtype=np.uint8)
    if changed:
        pixels[:, height // 4 : -height // 4, width // 4 : -width // 4] += 90
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=3, dtype="uint8", crs=UTM,
        transform=grid.affine, tiled=True, compress="deflate",
    ) as target:  # fmt: skip
        target.write(pixels)


def make_workspace(folder: Path, grid: GeoBox, geometry: shapely.Polygon) -> tuple[Workspace, str]:
    """A workspace with two painted scenes and one finding."""
    workspace = create_workspace(folder / "workspace", bundled_registry())
    for seed, day in ((1, "2016-08-20"), (2, "2016-09-12")):
        path = folder / f"{day}.tif"
        write_tiff(path, grid, seed, changed=seed == 2)
        described = SceneDescription(
            "rgb", day, credit="SIMULATED", licence="CC0-1.0", simulated=True
        )
        add_scene(workspace.imagery, (path,), described)
    before, after = (refer(scene) for scene in read_scenes(workspace.imagery))
    finding = replace(annex(), geometry=geometry, before=before, after=after)
    seen = replace(painted.observations()[0], before=before, after=after, finding_ids=(finding.id,))
    with open_ledger(workspace.ledger) as ledger:
        ledger.record([seen], [finding], recorded_at=NOW)
    return workspace, finding.id


@pytest.fixture
def small(tmp_path: Path) -> tuple[Workspace, str]:
    return make_workspace(tmp_path, view(10.0, 120), rectangle_deg(46, 128))


def test_the_smallest_is_drawn_on_its_own_pixels(small: tuple[Workspace, str]) -> None:
    workspace, fid = small
    drawn = draw_finding_figure(workspace, fid[:6], file_format="png")
    assert drawn.finding.id == fid
    before, after = read_scenes(workspace.imagery)
    grid = view_grid(before, after, drawn.finding, panel_px(170))
    assert grid.affine.a == 10
    assert grid.shape[0] == grid.shape[1] == 38, "the finding and its own length on either side"
    native = view(10.0, 120).affine
    assert (grid.affine.c - native.c) % 10 == (grid.affine.f - native.f) % 10 == 0
    middle = Geometry(drawn.finding.geometry.centroid, "EPSG:4326").to_crs(UTM).geom
    assert grid.extent.geom.centroid.distance(middle) < 10
    assert draw_finding_figure(workspace, fid, file_format="png").content == drawn.content


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, str]:
    folder = tmp_path_factory.mktemp("large")
    return make_workspace(folder, view(10.0, 2400), rectangle_deg(22_400, 22_400))


@pytest.mark.parametrize("file_format", ["png", "svg"])
def test_the_largest_is_read_coarsely(large: tuple[Workspace, str], file_format: str) -> None:
    workspace, fid = large
    drawn = draw_finding_figure(workspace, fid, file_format=file_format)
    before, after = read_scenes(workspace.imagery)
    grid = view_grid(before, after, drawn.finding, panel_px(170))
    assert max(grid.shape) <= panel_px(170)
    assert grid.affine.a % 10 == 0
    assert len(drawn.content) < 8e6
    if file_format == "svg":
        ET.fromstring(drawn.content)


def test_coarse_pixels_are_means_of_fine_ones(large: tuple[Workspace, str]) -> None:
    scene = read_scenes(large[0].imagery)[0]
    fine = view(10.0, 2400)
    affine = fine.affine * Affine.translation(-60, -60) * Affine.scale(60)
    coarse = read_coarse(scene, GeoBox((20, 20), affine, UTM))
    assert (coarse.flags[0] == 1).all(), "beyond the scene there is no data"
    assert (coarse.flags[1:, 1:] == 0).all()
    with rasterio.open(scene.bands[0].path) as source:
        block = source.read(1)[300:360, 900:960].mean()
    assert coarse.band("red")[6, 16] == pytest.approx(block, abs=0.01)


def test_a_scene_that_is_gone_or_altered_is_one_sentence(small: tuple[Workspace, str]) -> None:
    workspace, fid = small
    scene = read_scenes(workspace.imagery)[0]
    path = scene.bands[0].path
    path.write_bytes(path.read_bytes()[:-100] + b"x" * 100)
    with pytest.raises(SceneError, match="is not the file that was added"):
        draw_finding_figure(workspace, fid, file_format="png")
    path.unlink()
    with pytest.raises(SceneError, match="cannot be read"):
        draw_finding_figure(workspace, fid, file_format="png")
    for item in path.parent.iterdir():
        item.unlink()
    with pytest.raises(CampMonitorError, match="is not in the catalogue"):
        draw_finding_figure(workspace, fid, file_format="png")


def test_the_command_writes_the_file_or_says_why_not(
    small: tuple[Workspace, str], tmp_path: Path
) -> None:
    workspace, fid = small

    def run(*arguments: str) -> tuple[int, str]:
        first = [word for word in arguments if word == "--json"]
        called = ["--workspace", str(workspace.root), *first, "figure", *arguments[len(first) :]]
        result = CliRunner().invoke(main, called)
        return result.exit_code, result.output if not first else result.stdout

    target = tmp_path / "annex.PNG"
    target.write_text("old")
    code, output = run(fid, "-o", str(target), "--width", "130")
    assert code == 0, output
    assert pixels_of(target.read_bytes()).shape[1] == round(130 / 25.4 * 300)
    assert [path.name for path in tmp_path.glob(".*")] == []
    with open_ledger(workspace.ledger) as ledger:
        finding = ledger.finding(fid)
    assert words.confidence_words(finding) in output, "the caption is printed, to be pasted"
    note = target.with_suffix(".txt").read_text(encoding="utf-8")
    for scene in (finding.before, finding.after):
        assert words.scene_words(scene) in note
    code, output = run("--json", fid, "-o", str(target))
    printed = json.loads(output)
    assert (printed["file"], printed["finding"]) == (str(target), fid)
    assert words.confidence_words(finding) in printed["caption"]
    for arguments, sentence in (
        ((fid, "-o", str(tmp_path / "x.gif")), "a figure is a .png, .svg or .pdf file"),
        ((fid, "-o", str(tmp_path / "no" / "x.png")), "cannot be written"),
        (("Fffffffffffff", "-o", str(target)), "There is no finding"),
        ((fid, "-o", str(target), "--width", "20"), "give between 80 and 420 mm"),
    ):
        code, output = run(*arguments)
        assert code == 2
        assert sentence in output
        assert "Traceback" not in output


def test_a_missing_korean_font_is_said(
    small: tuple[Workspace, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, fid = small
    monkeypatch.setattr("camp_monitor.report.figure.lettering.KOREAN_FONTS", ("No Such Font",))
    drawn = draw_finding_figure(workspace, fid, file_format="svg")
    assert any("Korean name is left out" in remark for remark in drawn.remarks)
