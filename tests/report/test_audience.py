"""What partners and the public are not shown is in no byte of what is written for them."""

from __future__ import annotations

import base64
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pypdf
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geom import Geometry
from PIL import Image as Pillow

from camp_monitor.assess.question import refer
from camp_monitor.cli import main
from camp_monitor.codes import Audience, Code
from camp_monitor.facilities import bundled_registry
from camp_monitor.facilities.geometry import geodesic_area_m2
from camp_monitor.facilities.registry import find_facility, write_facility
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import note
from camp_monitor.records.review import Review
from camp_monitor.report.redaction.frames import Frame
from camp_monitor.report.redaction.licences import is_open
from camp_monitor.report.redaction.redact import redacted, rules_for
from camp_monitor.report.text.sentences import in_language, phrase
from camp_monitor.scenes.adding import add_scene
from camp_monitor.scenes.catalogue import read_scenes
from camp_monitor.scenes.scene import SceneDescription
from camp_monitor.settings import ReportSettings
from camp_monitor.workspace import Workspace, create_workspace
from tests.report import painted
from tests.report.test_figure import rectangle_deg, view

ID = "khs-12-jongori"
PERSON, REMARK, PART = "Analyst Gildong", "As witness K. told us", "Women's annex, ward 3"
VENDOR = "proprietary"
MAGENTA = (230, 20, 200)
NAMES = [
    "map.html", "figure.png", "figure.svg", "figure.pdf", "report.html", "report.docx",
    "report.pdf", "bulletin.html", "out.gpkg", "out.geojson", "out.csv", "out.kml",
]  # fmt: skip
PLACES = ("rounded", "withheld", "exact")


def make_workspace(folder: Path, place: str, licence: str = VENDOR) -> Workspace:
    """A place with a drawn outline, a sensitive part, a review, and two scenes with a sign."""
    workspace = create_workspace(folder / "workspace", bundled_registry())
    grid = view(10.0, 120)
    for seed, day in ((1, "2016-08-20"), (2, "2016-09-12")):
        random = np.random.default_rng(seed)
        pixels = random.integers(60, 110, (3, *grid.shape), dtype=np.uint8)
        pixels[:, 40:80, 40:80] = np.array(MAGENTA, np.uint8)[:, None, None]
        path = folder / f"m_4212945_ne_{day}.tif"
        with rasterio.open(
            path, "w", driver="GTiff", width=120, height=120, count=3, dtype="uint8",
            crs=str(grid.crs), transform=grid.affine,
        ) as target:  # fmt: skip
            target.write(pixels)
        described = SceneDescription("rgb", day, credit="A vendor", licence=licence)
        add_scene(workspace.imagery, (path,), described)
    before, after = (refer(scene) for scene in read_scenes(workspace.imagery))
    first = painted.findings()[0]
    finding = replace(
        first, geometry=rectangle_deg(46, 128), area_m2=5888, area_high_m2=6900, before=before,
        after=after,
        caveats=(*first.caveats, note(Code.HEIGHTS_FROM, file="DSM_N42_00_E129_00.tif")),
        probability=0.9, outline_version=2,
    )  # fmt: skip
    seen = replace(
        painted.observations()[0], before=before, after=after, finding_ids=(finding.id,),
        outline_version=2,
    )  # fmt: skip
    review = Review(finding.id, "confirmed", PERSON, "2016-10-01T00:00:00+00:00", REMARK)
    with open_ledger(workspace.ledger) as ledger:
        ledger.record([seen], [finding], recorded_at=datetime(2024, 1, 1, tzinfo=UTC))
        ledger.review(review, recorded_at=datetime(2024, 1, 2, tzinfo=UTC))
    facility = find_facility(workspace.aoi, ID)
    asked: Any = None if place == "exact" else place
    middle = finding.geometry.centroid
    part = replace(
        facility.candidates[0], feature=PART, role="part", sensitive=True, lat=middle.y,
        lon=middle.x,
    )  # fmt: skip
    drawn = replace(
        facility.outline, geometry=rectangle_deg(188, 300), basis="drawn", version=2,
        source=PERSON, note=f"Drawn by {PERSON}.",
    )  # fmt: skip
    facility = replace(
        facility, public_coordinates=asked, candidates=(*facility.candidates, part),
        outlines=(*facility.outlines, drawn), notes=(*facility.notes, f"{PART} stands apart."),
    )  # fmt: skip
    write_facility(facility, workspace.aoi / f"{ID}.geojson")
    return workspace


@pytest.fixture(scope="module", params=PLACES)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Workspace, dict[tuple[str, str], bytes]]:
    """Every output, of a place that shows its coordinates for every audience."""
    folder = tmp_path_factory.mktemp(request.param)
    workspace = make_workspace(folder, request.param)
    return request.param, workspace, {
        (audience, name): run(workspace, name, audience)
        for audience in (Audience if request.param == "exact" else [Audience.PUBLIC])
        for name in NAMES
    }  # fmt: skip


def run(workspace: Workspace, name: str, audience: str, *more: str) -> bytes:
    path = workspace.root / f"{audience}-{name}"
    with open_ledger(workspace.ledger) as ledger:
        [finding] = ledger.findings(ID)
    target = {
        "map": ["map", ID, "-o"], "figure": ["figure", finding.id, "-o"],
        "report": ["report", ID, "-o"], "bulletin": ["report", ID, "--bulletin", "-o"],
        "out": ["findings", "export"],
    }[name.partition(".")[0]]  # fmt: skip
    command = ["--workspace", str(workspace.root), *target, str(path), "--audience", str(audience)]
    done = CliRunner().invoke(main, [*command, *more])
    assert done.exit_code == 0, done.output
    return path.read_bytes()


def bytes_of(content: bytes, name: str) -> bytes:
    """All that a file holds, what is packed in it unpacked, too; pictures left aside."""
    if name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.namelist() if not member.endswith(".png")]
            return b"\n".join(archive.read(member) for member in members)
    if name.endswith(".pdf"):
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
        return content + b"".join(streams_of(content)) + text.encode()
    return re.sub(rb"data:image/[a-z]+;base64,[A-Za-z0-9+/=]*", b"", content)


def streams_of(content: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"stream\r?\n", content):
        try:
            yield zlib.decompressobj().decompress(content[match.end() :])
        except zlib.error:
            continue


def pictures_of(content: bytes, name: str) -> list[np.ndarray]:
    """Every picture in a file as (row, col, 3)."""
    found: list[bytes] = []
    if name.endswith(".png"):
        found = [content]
    elif name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [archive.read(one) for one in archive.namelist() if one.endswith(".png")]
    elif name.endswith(".pdf"):
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        held = [one.image for page in pages for one in page.images]
        return [np.array(one.convert("RGB")) for one in held if one is not None]
    else:
        packed = re.findall(rb"data:image/[a-z]+;base64,([A-Za-z0-9+/=\s]+)", content)
        found = [base64.b64decode(one) for one in packed if len(one) > 100]
    return [np.array(Pillow.open(io.BytesIO(one)).convert("RGB")) for one in found]


def shows_sign(content: bytes, name: str) -> bool:
    """Whether some picture holds the sign that only the scenes have."""
    for picture in pictures_of(content, name):
        red, green, blue = (picture[..., band].astype(int) for band in range(3))
        if ((red - green > 90) & (blue - green > 90)).sum() > 200:
            return True
    return False


def exact_places() -> list[tuple[float, float]]:
    shapes = rectangle_deg(46, 128), rectangle_deg(188, 300)
    points = [tuple(point) for shape in shapes for point in shapely.get_coordinates(shape)]
    points += [(shape.centroid.x, shape.centroid.y) for shape in shapes]
    facility = find_facility(bundled_registry(), ID)
    points += [(one.lon, one.lat) for one in facility.candidates]
    points += [tuple(point) for point in shapely.get_coordinates(facility.outline.geometry)]
    return points


def forms_of(lon: float, lat: float) -> set[str]:
    """How a place is usually printed, three decimals of a degree or better."""
    forms = {f"{lon:.3f}", f"{lat:.3f}", str(lon)[:7], str(lat)[:6], f"{lon:.3f}".replace(".", "")}
    for value in (lon, lat):
        degrees, minutes = int(value), int(value % 1 * 60)
        forms |= {f"{degrees}°{minutes}", f"{degrees}° {minutes}", f"{degrees} {minutes} "}
    for crs, digits in (("EPSG:3857", 6), ("EPSG:32652", 6)):
        there = Geometry(shapely.Point(lon, lat), "EPSG:4326").to_crs(crs).geom
        forms |= {str(int(there.x))[:digits], str(int(there.y))[:digits]}
    return forms


FORMS = {form for place in exact_places() for form in forms_of(*place)}


@pytest.mark.parametrize("name", NAMES)
def test_names_and_notes_of_analysts_are_for_those_who_keep_the_records(
    written: tuple[str, Workspace, dict[tuple[str, str], bytes]], name: str
) -> None:
    _, _, files = written
    for audience in {Audience.PARTNER, Audience.PUBLIC} & {one for one, _ in files}:
        content = bytes_of(files[audience, name], name).decode("utf-8", "replace")
        assert PERSON not in content
        assert "Gildong" not in content
        assert REMARK not in content


@pytest.mark.parametrize("name", NAMES)
def test_the_public_is_not_told_of_sensitive_parts(
    written: tuple[str, Workspace, dict[tuple[str, str], bytes]], name: str
) -> None:
    _, _, files = written
    content = bytes_of(files[Audience.PUBLIC, name], name).decode("utf-8", "replace")
    assert "ward 3" not in content


@pytest.mark.parametrize("name", NAMES)
def test_the_public_gets_no_coordinates_of_a_place_that_asks_for_it(
    written: tuple[str, Workspace, dict[tuple[str, str], bytes]], name: str
) -> None:
    place, _, files = written
    content = bytes_of(files[Audience.PUBLIC, name], name)
    text = content.decode("utf-8", "replace")
    found = {form for form in FORMS if form in text}
    packed = [
        struct.pack("<d", value)
        for place_deg in exact_places()
        for value in place_deg
        if struct.pack("<d", value) in content
    ]
    if place == "exact":
        return
    assert found == set()
    assert not packed
    assert "m_4212945" not in text, "the name of a file tells a map sheet"
    assert "N42_00" not in text
    said = phrase("audience.coordinates_withheld")
    if place == "rounded":
        said = phrase(
            "audience.coordinates_rounded", grid="0.1°", place="42.2° N, 129.8° E (WGS 84)"
        )
    if name.endswith((".html", ".docx", ".geojson", ".csv", ".kml")):
        assert said in text.replace("\u202f", " ")


def test_the_forms_do_occur_where_all_is_shown(
    written: tuple[str, Workspace, dict[tuple[str, str], bytes]],
) -> None:
    """Else the tests above would look for what nobody writes."""
    place, _, files = written
    if place != "exact":
        return
    for name in ("map.html", "report.html", "report.docx", "out.geojson", "out.csv", "out.kml"):
        for audience in (Audience.INTERNAL, Audience.PARTNER):
            text = bytes_of(files[audience, name], name).decode("utf-8", "replace")
            assert any(form in text for form in FORMS), (name, audience)
    for name, wanted in (("map.html", REMARK), ("out.csv", PERSON), ("out.gpkg", PERSON)):
        assert wanted.encode() in files[Audience.INTERNAL, name]
    assert b"ward 3" in files[Audience.PARTNER, "bulletin.html"]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("out")])
def test_pixels_that_may_not_be_published_are_in_no_public_file(
    written: tuple[str, Workspace, dict[tuple[str, str], bytes]], name: str
) -> None:
    place, _, files = written
    if place == "exact":
        assert shows_sign(files[Audience.INTERNAL, name], name)
        assert shows_sign(files[Audience.PARTNER, name], name)
    assert not shows_sign(files[Audience.PUBLIC, name], name)
    if name.endswith((".html", ".docx")):
        text = bytes_of(files[Audience.PUBLIC, name], name).decode("utf-8", "replace")
        assert phrase("audience.pixels", licence=VENDOR) in text


def test_pixels_of_an_open_licence_are_published(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, "withheld", licence="CC-BY-4.0")
    for name in ("map.html", "figure.png"):
        assert shows_sign(run(workspace, name, "public"), name)


def test_settings_open_a_licence_and_choose_the_audience(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, "exact", licence="Vendor EULA 3")
    configuration = workspace.root / "camp-monitor.toml"
    text = configuration.read_text(encoding="utf-8")
    text = text.replace('audience = "internal"', 'audience = "public"')
    configuration.write_text(text, encoding="utf-8")
    path = workspace.root / "a.html"
    command = ["--workspace", str(workspace.root), "map", ID, "-o", str(path)]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert REMARK not in path.read_text(encoding="utf-8")
    assert not shows_sign(path.read_bytes(), "a.html")
    told = CliRunner().invoke(main, ["--workspace", str(workspace.root), "notify", "--dry-run"])
    assert told.exit_code == 0
    assert PERSON not in told.output
    assert phrase("audience.public") in " ".join(told.output.split())
    text = text.replace("open_licences = []", 'open_licences = ["vendor eula 3"]')
    configuration.write_text(text, encoding="utf-8")
    assert CliRunner().invoke(main, command).exit_code == 0
    assert shows_sign(path.read_bytes(), "a.html")


def test_a_gis_gets_the_cell_or_no_region(
    written: tuple[str, Workspace, dict[tuple[str, str], bytes]],
) -> None:
    place, workspace, files = written
    features = json.loads(files[Audience.PUBLIC, "out.geojson"])["features"]
    shapes = [one["geometry"] and shapely.geometry.shape(one["geometry"]) for one in features]
    middle = rectangle_deg(46, 128).centroid
    if place == "withheld":
        assert not any(shapes)
    elif place == "rounded":
        assert {tuple(np.round(shape.bounds, 2)) for shape in shapes} == {
            (129.75, 42.15, 129.85, 42.25)
        }
    else:
        assert any(shape.contains(middle) for shape in shapes if shape)
    ids = [one["id"] for one in features]
    internal = json.loads(run(workspace, "out.geojson", "internal", "--overwrite"))["features"]
    assert ids == [one["id"] for one in internal], "a record keeps its id"


def test_korean_says_the_same(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, "rounded")
    for name in ("map.html", "report.html", "out.geojson"):
        text = run(workspace, name, "public", "--lang", "ko").decode()
        with in_language("ko"):
            said = phrase("audience.coordinates_rounded", grid="0.1°", place=phrase(
                "figure.place", lat="42.2°", lon="129.8°", north_south="N", east_west="E"
            ))  # fmt: skip
        assert said in text
        assert phrase("audience.public") not in text


def test_an_overview_places_only_what_may_be_placed(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, "withheld")
    path = workspace.root / "all.html"
    command = ["--workspace", str(workspace.root), "map", "-o", str(path)]
    assert CliRunner().invoke(main, [*command, "--audience", "public"]).exit_code == 0
    text = path.read_text(encoding="utf-8")
    assert "129.755" not in text
    assert "Jongo-ri" in text
    assert phrase("overview.withheld") in text


def test_a_ledger_is_not_changed(
    written: tuple[str, Workspace, dict[tuple[str, str], bytes]],
) -> None:
    _, workspace, _ = written
    with open_ledger(workspace.ledger) as ledger:
        [finding] = ledger.findings(ID)
        [review] = ledger.reviews()
        assert ledger.verify() == ()
    assert finding.geometry.distance(rectangle_deg(46, 128).centroid) == 0
    assert (review.by, review.note) == (PERSON, REMARK)


# --- the function itself


def test_what_is_redacted_keeps_ids_sizes_and_shapes() -> None:
    facility = replace(painted.facility(), public_coordinates="withheld")
    findings, looks = painted.findings(), painted.observations()
    rules = rules_for(facility, Audience.PUBLIC, ReportSettings())
    seen, answers = redacted((findings, looks), rules)
    assert [one.id for one in seen] == [one.id for one in findings]
    assert [one.id for one in answers] == [one.id for one in looks]
    for one, other in zip(findings, seen, strict=True):
        west, south, east, north = other.geometry.bounds
        assert max(abs(west), abs(south), abs(east), abs(north)) < 0.02
        assert geodesic_area_m2(other.geometry) == pytest.approx(
            geodesic_area_m2(one.geometry), rel=2e-3
        )
    assert redacted(facility, rules_for(facility, Audience.INTERNAL, ReportSettings())) is facility


@settings(deadline=None, max_examples=40)
@given(st.floats(-179, 179), st.floats(-80, 80))
def test_a_frame_moves_ground_true_to_size(lon: float, lat: float) -> None:
    square = shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)
    moved = Frame.about(square).moved(square)
    assert geodesic_area_m2(moved) == pytest.approx(geodesic_area_m2(square), rel=1e-3)
    assert abs(moved.centroid.x) < 1e-5
    assert abs(moved.centroid.y) < 1e-5


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC0-1.0", True), ("CC-BY-4.0", True), ("CC-BY-SA-3.0-IGO", True), ("PDDL-1.0", True),
        ("public domain", True), ("CC-BY-ND-4.0", False), ("proprietary", False), ("", False),
        ("other", False), ("CC-BY-4.0; proprietary", False), ("not a CC0 licence", False),
    ],
)  # fmt: skip
def test_an_unknown_licence_forbids(licence: str, expected: bool) -> None:
    assert is_open(licence) == expected
    assert is_open(licence, licence.split("; "))
