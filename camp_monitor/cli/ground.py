"""Fetching what is known of the ground, for the commands that do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from camp_monitor.cli.context import Context
from camp_monitor.settings import FETCHED, GroundFiles

if TYPE_CHECKING:
    from camp_monitor.providers.ground import Fetched
    from camp_monitor.scenes.ground_files import Layer


def fetch_round(
    context: Context,
    facility_id: str,
    source: str | None,
    layers: Sequence[Layer] = ("heights", "permanent_water"),
) -> tuple[Fetched, ...]:
    """Fetch what a facility lacks of some layers."""
    from camp_monitor.cli.network import place_of
    from camp_monitor.providers.ground import fetch_ground

    return fetch_ground(
        context.workspace.configuration, lambda: datetime.now(UTC),
        context.workspace.ground / facility_id, place_of(context, facility_id).area,
        source=source, layers=layers,
    )  # fmt: skip


def ground_fetcher(
    context: Context, files: GroundFiles, asked: dict[str, Any]
) -> Callable[[str], None]:
    """Return what fetches the layers of a facility that a scan wants; says what failed."""
    wanted: dict[Layer, object] = {"heights": files.dem, "permanent_water": files.usual_water}
    layers = [layer for layer, named in wanted.items() if named == FETCHED]

    def fetch(facility_id: str) -> None:
        from camp_monitor.report.text.sentences import error_text, phrase

        for one in fetch_round(context, facility_id, asked["source"], layers):
            if one.error is not None:
                reason = error_text(one.error)
                said = phrase("ground.failed", facility=facility_id, layer=one.layer, reason=reason)
                context.messages.print(said, soft_wrap=True)

    return fetch if layers and not asked["offline"] else lambda _: None
