"""``camp-monitor scenes remove``: take scenes out of the catalogue, and keep their files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.errors import InputError
from camp_monitor.report.text.sentences import phrase

if TYPE_CHECKING:
    from camp_monitor.records.finding import Finding
    from camp_monitor.records.observation import Observation


@click.command(epilog="Example: camp-monitor scenes remove naip-20140720-0a1b2c3d --dry-run")
@click.argument("scene_ids", metavar="SCENE...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Say what would be removed and what rests on it.")
@click.option("--anyway", is_flag=True, help="Also where observations or findings rest on it.")
@click.pass_obj
def remove(context: Context, scene_ids: tuple[str, ...], dry_run: bool, anyway: bool) -> None:
    """Take each SCENE out of the catalogue; its files are kept, in imagery/.removed.

    Later scans do without it, and the same files can be added again.  Observations and findings
    that rest on it are never altered: they stay in lists, events and exports, but no map or figure
    can show its image until it is added again.  A scan that fetches may fetch it again.
    """
    from camp_monitor.scenes.removing import find_scene_folders, kept_in, remove_scene

    folder = context.workspace.imagery
    names = tuple(path.name for path in find_scene_folders(folder, scene_ids))
    resting = {name: _resting(context, name) for name in names}
    held = [name for name in names if any(resting[name])]
    if held and not (anyway or dry_run):
        raise InputError(
            f"{len(resting[held[0]][0])} observations and {len(resting[held[0]][1])} findings rest "
            f"on {held[0]}{f' (and others on {len(held) - 1} more)' if held[1:] else ''}: nothing "
            f"was removed. They would stay as they are, but no map or figure could show the image: "
            f"see --dry-run, or add --anyway."
        )
    answer = []
    for name in names:
        place = kept_in(folder, name) if dry_run else remove_scene(folder, name)
        if context.as_json:
            answer.append(_as_json(name, place, resting[name], removed=not dry_run))
            continue
        outcome = "scenes.would_remove" if dry_run else "scenes.removed"
        context.console.print(phrase(outcome, id=name, folder=place), soft_wrap=True)
        observations, findings = resting[name]
        if observations or findings:
            said = phrase("scenes.resting", observations=len(observations), findings=len(findings))
            context.console.print(said, soft_wrap=True)
    if context.as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


_Records = tuple[Sequence["Observation"], Sequence["Finding"]]


def _resting(context: Context, scene_id: str) -> _Records:
    """Return every observation and finding of which the scene is one of the two."""
    from camp_monitor.ledger.opening import open_ledger_of

    if not context.workspace.has_ledger:
        return (), ()
    with open_ledger_of(context.workspace, reading=True) as ledger:
        looked = ledger.observations(superseded=True)
        found = ledger.findings(superseded=True, candidates=True)
    return (
        [item for item in looked if scene_id in (item.before.id, item.after.id)],
        [item for item in found if scene_id in (item.before.id, item.after.id)],
    )


def _as_json(scene_id: str, place: Path, resting: _Records, *, removed: bool) -> dict[str, Any]:
    observations, findings = resting
    return {
        "id": scene_id,
        "removed": removed,
        "kept_in": str(place),
        "observations": [item.id for item in observations],
        "findings": [item.id for item in findings],
    }
