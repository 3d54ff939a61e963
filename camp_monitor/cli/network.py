"""What the commands that reach the network share: the source, the place, progress, tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import click

from camp_monitor.cli.context import Context
from camp_monitor.errors import WorkspaceError

if TYPE_CHECKING:
    from camp_monitor.notes import Note
    from camp_monitor.providers.gathering import Place, Shop
    from camp_monitor.providers.network.remote import Silences
    from camp_monitor.providers.search import Offer
    from camp_monitor.scenes.scene import Scene

LEFT_OUT_SHOWN = 5


def source_options(command: Any) -> Any:
    """Give a command ``--source`` and ``--sensor``."""
    sensor = click.option(
        "--sensor",
        "sensors",
        multiple=True,
        metavar="NAME",
        help="sentinel-2, landsat or sentinel-1; may be repeated.  Default: [fetch] sensors.",
    )
    source = click.option(
        "--source", metavar="NAME", help="Catalogue to ask.  Default: [fetch] source."
    )
    return source(sensor(command))


@contextmanager
def open_shop(
    context: Context,
    source: str | None,
    sensors: Sequence[str],
    silences: Silences | None = None,
) -> Iterator[Shop]:
    """Open the catalogue that the user or the configuration names; nothing is asked yet."""
    from camp_monitor.providers import gathering

    configuration = context.workspace.configuration
    with gathering.open_shop(
        configuration, lambda: datetime.now(UTC), source=source, sensors=sensors,
        silences=silences,
    ) as shop:  # fmt: skip
        yield shop


def place_of(context: Context, facility_id: str) -> Place:
    """Return where a facility is looked for."""
    from camp_monitor.facilities import find_facility
    from camp_monitor.providers.gathering import place_round

    facility = find_facility(context.workspace.aoi, facility_id)
    return place_round(facility.outline, context.workspace.configuration.scan)


def note_fetched(context: Context, source: str) -> Callable[[Scene], None]:
    """Return what writes down when a scene was fetched, in ``out/runs/fetched.jsonl``.

    The time is kept there and not in the catalogue, so that two fetches give the same bytes.
    """
    path = context.workspace.out / "runs" / "fetched.jsonl"

    def note(scene: Scene) -> None:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = {"fetched_at": at, "source": source, "scene": scene.id, "sha256": scene.sha256}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as target:
                target.write(json.dumps(line) + "\n")
        except OSError as error:
            raise WorkspaceError(
                f"{path} cannot be written ({error.strerror}): the scene {scene.id} was fetched, "
                f"but when is not recorded."
            ) from error

    return note


def interval_of(first: str, last: str) -> tuple[datetime, datetime]:
    """Read ``--from`` and ``--to``: the first instant of the one, the last of the other."""
    from camp_monitor.scenes.scene import parse_acquired

    return parse_acquired(f"{first}/{last}")


def print_offers(context: Context, offers: Sequence[Offer], like: datetime) -> None:
    """Print what a catalogue offers, as a table."""
    from rich.table import Table

    from camp_monitor.pairs.selection import season_gap_days
    from camp_monitor.report.text.sentences import name_of, phrase, sentence

    table = Table(box=None, pad_edge=False)
    for name in ("scene", "taken", "inside", "clear", "season", "sun", "view", "orbit"):
        side: Literal["left", "right"] = "left" if name == "scene" else "right"
        table.add_column(name_of("scene_column", name), overflow="fold", justify=side)
    for offer in offers:
        scene = offer.scene
        orbit = f"{scene.relative_orbit or ''} {(scene.orbit_state or '')[:4]}".strip()
        table.add_row(
            scene.id,
            scene.date,
            f"{offer.inside_fraction:.0%}",
            _clear_words(offer),
            phrase("scenes.gap", gap_days=season_gap_days(like, scene.acquired_from_at)),
            _degrees(scene.sun_elevation_deg),
            _degrees(scene.off_nadir_deg),
            orbit or "-",
        )
    context.console.print(table)
    context.console.print(f"\n{phrase('scenes.columns')}", soft_wrap=True)
    for offer in offers:
        if offer.unread is not None:
            said = phrase("scan.unread", scene=offer.scene.id, reason=sentence(offer.unread))
            context.messages.print(said, soft_wrap=True)


def offer_as_json(offer: Offer) -> dict[str, Any]:
    """Return an offer for ``--json``."""
    from camp_monitor.report.text.sentences import with_text

    scene = offer.scene
    return {
        "id": scene.id,
        "source": scene.source,
        "collection": scene.collection,
        "sensor": scene.sensor,
        "acquired_at": scene.acquired_from_at.isoformat(),
        "inside_fraction": round(offer.inside_fraction, 4),
        "clear_fraction": offer.clear_fraction,
        "unread": with_text(offer.unread) if offer.unread is not None else None,
        "sun_elevation_deg": scene.sun_elevation_deg,
        "off_nadir_deg": scene.off_nadir_deg,
        "relative_orbit": scene.relative_orbit,
        "orbit_state": scene.orbit_state,
        "platform": scene.platform,
        "offset": None if scene.offset_state is None else scene.offset_state.kind,
        "licence": scene.licence,
    }


def print_left_out(context: Context, reasons: Sequence[Note]) -> None:
    """Say which items of a catalogue could not be used."""
    from camp_monitor.report.text.sentences import phrase, sentence

    for reason in reasons[:LEFT_OUT_SHOWN]:
        context.messages.print(phrase("scan.left_out", reason=sentence(reason)), soft_wrap=True)
    more = len(reasons) - LEFT_OUT_SHOWN
    if more > 0:
        context.messages.print(phrase("scan.more_left_out", more=more))


def size_words(size_bytes: float) -> str:
    """Return a size as ``1.2 MB``."""
    return f"{size_bytes / 1e6:.1f} MB"


def _clear_words(offer: Offer) -> str:
    if offer.clear_fraction is not None:
        return f"{offer.clear_fraction:.0%}"
    return "not read" if offer.unread is not None else "any sky"


def _degrees(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}°"
