"""How a review is recorded, and how a finding is shown to whoever judges it blind."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.finding_tables import finding_table, without_score

if TYPE_CHECKING:
    from camp_monitor.ledger.ledger import Ledger
    from camp_monitor.records.finding import Finding

SCORES = ("confidence", "probability", "candidate", "caveats", "explanations")
"""What tells how probable a finding is."""


def record_review(
    context: Context, finding_id: str, verdict: str, *, by: str, note: str, blind: bool,
    clock_is_right: bool,
) -> None:  # fmt: skip
    """Record a verdict and say so; of a blind one, not what others said."""
    from camp_monitor.events.lookup import find_finding
    from camp_monitor.ledger.opening import open_ledger_of
    from camp_monitor.records.review import Review, utc_text
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.text.words import count_words, review_words

    now = datetime.now(UTC)
    with open_ledger_of(context.workspace) as ledger:
        finding = find_finding(ledger, finding_id)
        said = " ".join(note.split())
        given = Review(finding.id, verdict, by, utc_text(now), said, blind)
        ledger.review(given, recorded_at=now, clock_is_right=clock_is_right)
        kept = len(ledger.reviews(finding.id))
    if context.as_json:
        click.echo(json.dumps({"id": given.id, **given.to_dict()}, indent=2))
        return
    recorded = phrase("review.recorded", id=finding.id, review=review_words(given))
    context.console.print(recorded, soft_wrap=True)
    if kept > 1 and not blind:
        context.console.print(phrase("review.kept", reviews=count_words(kept, "review")))


def show_blind(context: Context, finding_id: str | None, by: str) -> None:
    """Show a finding without its score and without reviews; the next one that lacks a review."""
    from camp_monitor.events.lookup import find_finding
    from camp_monitor.ledger.opening import open_ledger_of
    from camp_monitor.report.text.sentences import phrase

    with open_ledger_of(context.workspace, reading=True) as ledger:
        finding = find_finding(ledger, finding_id) if finding_id else _next(ledger, by)
        looked = ledger.observations(finding.facility_id, superseded=True) if finding else ()
    if finding is None:
        if context.as_json:
            click.echo(json.dumps(None))
        else:
            context.console.print(phrase("review.none_left", by=by), soft_wrap=True)
        return
    if context.as_json:
        content = {name: value for name, value in finding.to_dict().items() if name not in SCORES}
        content["measurements"] = dict(without_score(finding.measurements))
        click.echo(json.dumps({"id": finding.id, **content}, indent=2))
        return
    observation = next(one for one in reversed(looked) if finding.id in one.named_ids)
    context.console.print(finding_table(finding, observation, True, (), blind=True))
    command = f"camp-monitor findings review {finding.id} --blind --by {shlex.quote(by)} --verdict"
    context.console.print(phrase("review.blind", command=f"{command} ..."), soft_wrap=True)


def _next(ledger: Ledger, by: str) -> Finding | None:
    """Return the first finding that counts and that a reviewer has not reviewed."""
    done = {one.finding_id for one in ledger.reviews() if one.by == by}
    return next((one for one in ledger.findings() if one.id not in done), None)
