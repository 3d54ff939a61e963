"""``camp-monitor scenes``: find, fetch and add images, and list the catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from camp_monitor.cli.context import Commands, Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.network import (
    interval_of,
    note_fetched,
    offer_as_json,
    open_shop,
    place_of,
    print_left_out,
    print_offers,
    size_words,
    source_options,
)
from camp_monitor.cli.progress import progress, working
from camp_monitor.cli.scenes_remove import remove
from camp_monitor.errors import SceneError
from camp_monitor.report.text.sentences import name_of, phrase, sentence, with_text
from camp_monitor.scenes.sensors import QUANTITIES, SENSORS

if TYPE_CHECKING:
    from camp_monitor.scenes.scene import Scene


@click.group(cls=Commands)
def scenes() -> None:
    """Find and fetch images, add your own, and list what is in the catalogue."""


@scenes.command(
    epilog="Example: camp-monitor scenes search khs-12-jongori --from 2016-08-01 --to 2016-10-15"
)
@click.argument("facility_id", metavar="ID")
@click.option("--from", "first", required=True, metavar="DATE", help="First day.")
@click.option("--to", "last", required=True, metavar="DATE", help="Last day.")
@source_options
@click.pass_obj
@language_option()
def search(
    context: Context, /, facility_id: str, first: str, last: str, source: str | None,
    sensors: tuple[str, ...],
) -> None:  # fmt: skip
    """Ask a catalogue on the network for scenes of the facility ID, and how clear they are over it.

    Clear is the share of this outline, not of the scene: only the window of the quality band that
    covers it is read.
    """
    from camp_monitor.providers.search import look_at_scenes, search_scenes

    interval = interval_of(first, last)
    place = place_of(context, facility_id)
    with open_shop(context, source, sensors) as shop:
        with working(context, f"Asking {shop.source.title} ..."):
            found = search_scenes(shop.remote, shop.source, place.outline, interval, shop.sensors)
        with progress(context, "Reading quality bands") as start:
            offers = look_at_scenes(
                shop.remote, found.scenes, place.outline, workers=shop.workers,
                progress=start(len(found.scenes)),
            )  # fmt: skip
    if context.as_json:
        answer = [offer_as_json(offer) for offer in offers]
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    elif offers:
        print_offers(context, offers, interval[1])
        following = phrase("scenes.next", facility=facility_id, first=first, last=last)
        context.messages.print(following, soft_wrap=True)
    else:
        nothing = phrase(
            "scenes.none_offered", source=shop.source.title, sensors=", ".join(shop.sensors),
            facility=facility_id, first=first, last=last,
        )  # fmt: skip
        context.console.print(nothing, soft_wrap=True)
    print_left_out(context, found.left_out)


@scenes.command(epilog="Example: camp-monitor scenes fetch khs-12-jongori S2A_52TEL_20160905_0_L2A")
@click.argument("facility_id", metavar="ID")
@click.argument("scene_ids", metavar="SCENE...", nargs=-1, required=True)
@source_options
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, and how much.")
@click.pass_obj
@language_option()
def fetch(
    context: Context, /, facility_id: str, scene_ids: tuple[str, ...], source: str | None,
    sensors: tuple[str, ...], dry_run: bool,
) -> None:  # fmt: skip
    """Fetch the window round the facility ID of each SCENE that 'scenes search' lists.

    The window is kept in the provider's own grid and numbers (radar GRD, which has no grid on the
    ground, as calibrated decibels), with its item and SHA-256.  What was fetched before is checked,
    and not fetched again.
    """
    from camp_monitor.providers.fetch import fetch_scene, find_order
    from camp_monitor.providers.gathering import check_budget

    place = place_of(context, facility_id)
    folder = context.workspace.imagery
    fetched: dict[str, dict[str, Any]] = {}
    with open_shop(context, source, sensors) as shop:
        orders = [
            find_order(shop.remote, shop.source, name, place.area, place.least_px)
            for name in dict.fromkeys(scene_ids)
        ]
        new = [order for order in orders if not order.is_in(folder)]
        size = sum(order.most_bytes for order in new)
        check_budget(folder, size, shop.budget_mb)
        to_fetch = phrase(
            "scenes.to_fetch", new=len(new), count=len(orders), source=shop.source.title,
            size=size_words(size),
        )  # fmt: skip
        context.messages.print(to_fetch, soft_wrap=True)
        if dry_run:
            return
        with progress(context, "Fetching files") as start:
            done = start(sum(len(order.bands) for order in orders))
            for order in orders:
                scene, added = fetch_scene(
                    folder, shop.remote, order, workers=shop.workers, progress=done
                )
                if added:
                    note_fetched(context, shop.source.name)(scene)
                fetched[order.scene.id] = {"added": added, **_as_json(scene)}
    if context.as_json:
        click.echo(json.dumps(fetched, ensure_ascii=False, indent=2))
        return
    for known in fetched.values():
        outcome = "scenes.fetched" if known["added"] else "scenes.held"
        context.console.print(phrase(outcome, id=known["id"]), soft_wrap=True)


@scenes.command(
    epilog="Example: camp-monitor scenes add 20140720.tif --sensor naip --acquired 2014-07-20"
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--sensor", required=True, type=click.Choice(list(SENSORS)), help="What took it.")
@click.option(
    "--acquired",
    metavar="TIME",
    help="When: a time, a day, a year (1985), or FROM/TO; an --item may say it instead.",
)
@click.option(
    "--bands",
    metavar="NAMES",
    help="Names in the order of the file's bands, by comma: blue, green, red, nir, swir1, swir2, "
    "vv, vh, scl, qa_pixel, udm2.0, udm2.1; 'unused' leaves one out.",
)
@click.option(
    "--item",
    metavar="ITEM.json",
    type=click.Path(path_type=Path),
    help="The provider's STAC item: brings date, sun, view, orbit and licence.",
)
@click.option("--quantity", type=click.Choice(QUANTITIES), help="What the numbers mean.")
@click.option("--scale", type=float, help="Quantity = number * scale + offset.")
@click.option("--offset", type=float, help="See --scale.")
@click.option("--licence", help="Instead of the sensor's usual licence.")
@click.option("--credit", help="Printed wherever the image is shown.")
@click.option(
    "--sha256", metavar="HEX", multiple=True,
    help="What a file must have, else nothing is added; once for each file, in their order.",
)  # fmt: skip
@click.option(
    "--together/--apart", default=None,
    help="The files are bands of one scene, or a scene each; where they do not say it themselves.",
)  # fmt: skip
@click.pass_obj
@language_option()
def add(
    context: Context, /, files: tuple[Path, ...], bands: str | None, together: bool | None,
    sha256: tuple[str, ...], **said: Any,
) -> None:  # fmt: skip
    """Add scenes to the catalogue: each of one FILE, or of one FILE per band.

    Files that say different dates are different scenes; where nothing tells bands of one scene from
    scenes of their own, nothing is added.  A date that is not given is taken from the tags or the
    name of a file.  Files are held to --sha256 and to the checksums of an --item.  They are copied
    as they are; nothing in the catalogue is ever overwritten.
    """
    from camp_monitor.scenes.adding_several import add_scenes
    from camp_monitor.scenes.scene import SceneDescription

    named = tuple(bands.split(",")) if bands else None
    description = SceneDescription(bands=named, **said)
    apart = None if together is None else not together
    with working(context, f"Reading {len(files)} files ..."):
        done = add_scenes(context.workspace.imagery, files, description, apart=apart, sha256=sha256)
    for path in done.unchecked:
        context.messages.print(phrase("scenes.unchecked", file=path.name), soft_wrap=True)
    if context.as_json:
        answers = [{"added": added, **_as_json(scene)} for scene, added in done.scenes]
        answer = answers if len(answers) > 1 else answers[0]
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    for (scene, added), group in zip(done.scenes, done.groups, strict=True):
        outcome = "scenes.added" if added else "scenes.known"
        context.console.print(phrase(outcome, id=scene.id, scene=_in_words(scene)), soft_wrap=True)
        if group.dated_by:
            dated = phrase(
                "scenes.dated", id=scene.id, acquired=group.description.acquired,
                source="name" if group.dated_by == "name" else f"tag {group.dated_by}",
                file=group.files[0].path.name,
            )  # fmt: skip
            context.messages.print(dated, soft_wrap=True)
    guessed = [scene for scene, _ in done.scenes if scene.bands_assumed]
    if guessed:
        assumed = phrase(
            "scenes.bands_assumed", sensor=guessed[0].sensor, bands=" ".join(guessed[0].band_names),
            id=" ".join(scene.id for scene in guessed),
        )  # fmt: skip
        context.messages.print(assumed, soft_wrap=True)


@scenes.command("list", epilog="Example: camp-monitor scenes list khs-12-jongori")
@click.argument("facility_id", metavar="[ID]", required=False)
@click.pass_obj
@language_option()
def list_scenes(context: Context, /, facility_id: str | None) -> None:
    """List the catalogue, or the scenes that reach the facility ID."""
    from camp_monitor.scenes.catalogue import read_scenes

    found = read_scenes(context.workspace.imagery)
    total = len(found)
    if facility_id is not None:
        from camp_monitor.facilities import find_facility

        outline = find_facility(context.workspace.aoi, facility_id).outline.geometry
        found = tuple(scene for scene in found if scene.footprint.intersects(outline))
    if context.as_json:
        click.echo(json.dumps([_as_json(scene) for scene in found], ensure_ascii=False, indent=2))
        return
    if not found:
        nothing = phrase("scenes.none")
        if facility_id is not None:
            nothing = phrase("scenes.none_here", total=total, facility=facility_id)
        context.console.print(nothing)
        return
    _print_table(context, found)


scenes.add_command(remove)


@scenes.command(epilog="Example: camp-monitor scenes flags khs-12-jongori --sensor sentinel-2")
@click.argument("facility_id", metavar="ID")
@click.option(
    "--sensor", type=click.Choice(list(SENSORS)), default="sentinel-2", show_default=True,
    help="Whose quality bands.",
)  # fmt: skip
@click.pass_obj
@language_option()
def flags(context: Context, /, facility_id: str, sensor: str) -> None:
    """Find places of the facility ID that are flagged as cloud or shadow on nearly every date.

    Weather moves and a bright roof does not: such places count as not seen in every scan, and only
    other images can tell what is there.
    """
    from camp_monitor.detect.regions import outline_area
    from camp_monitor.facilities import find_facility
    from camp_monitor.facilities.surroundings import search_area
    from camp_monitor.scenes.catalogue import read_scenes
    from camp_monitor.scenes.flag_history import LEAST_DATES
    from camp_monitor.scenes.persistent_flags import look_back

    settings = context.workspace.configuration.scan
    area = search_area(find_facility(context.workspace.aoi, facility_id).outline, settings.margin_m)
    found = look_back(read_scenes(context.workspace.imagery), sensor, area, settings.context_px)
    if found is None:
        raise SceneError(
            f"There are fewer than {LEAST_DATES} dates of {SENSORS[sensor].title} with a quality "
            f"band over {facility_id}: fetch more to tell what is always flagged from weather."
        )
    fixed, grid = found
    place = outline_area(fixed.is_fixed, grid)
    if context.as_json:
        geometry = None if place is None else place.__geo_interface__
        answer = {"dates": fixed.dates, "result": with_text(fixed.result), "geometry": geometry}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    context.console.print(sentence(fixed.result), soft_wrap=True)
    if place is not None:
        for part in getattr(place, "geoms", [place]):
            longitude_deg, latitude_deg = part.centroid.coords[0]
            where = phrase("scenes.place", longitude_deg=longitude_deg, latitude_deg=latitude_deg)
            context.console.print(where)


def _print_table(context: Context, found: tuple[Scene, ...]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("scene", "taken", "bands", "quantity", "pixel"):
        side: Literal["left", "right"] = "right" if name == "pixel" else "left"
        table.add_column(name_of("scene_column", name), overflow="fold", justify=side)
    for scene in found:
        table.add_row(
            scene.id, scene.dates, " ".join(scene.band_names), scene.quantity,
            phrase("scenes.pixel", pixel_m=scene.pixel_m),
        )  # fmt: skip
    context.console.print(table)


def _in_words(scene: Scene) -> str:
    bands = " ".join(scene.band_names) + (f" + {scene.quality.name}" if scene.quality else "")
    return phrase(
        "scenes.scene", sensor=scene.sensor, dates=scene.dates, bands=bands,
        quantity=scene.quantity, pixel_m=scene.pixel_m,
    )  # fmt: skip


def _as_json(scene: Scene) -> dict[str, Any]:
    return {
        "id": scene.id,
        "sensor": scene.sensor,
        "quantity": scene.quantity,
        "acquired_from_at": scene.acquired_from_at.isoformat(),
        "acquired_to_at": scene.acquired_to_at.isoformat(),
        "bands": list(scene.band_names),
        "pixel_m": scene.pixel_m,
        "sha256": list(scene.sha256),
        "licence": scene.licence,
        "credit": scene.credit,
        "simulated": scene.simulated,
        "baseline": scene.baseline,
        "offset": scene.offset_kind or None,
        "offset_notes": [with_text(item) for item in scene.offset_notes],
    }
