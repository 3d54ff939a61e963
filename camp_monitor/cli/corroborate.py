"""``camp-monitor corroborate``: claims of others, set against what images show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.languages import language_option
from camp_monitor.cli.long_tables import print_table
from camp_monitor.cli.progress import working
from camp_monitor.cli.records import clock_option
from camp_monitor.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from camp_monitor.claims.run import Corroborated
    from camp_monitor.records.claim import Corroboration

FORMATS = (".html", ".docx", ".pdf", ".csv")
MOST_SHOWN = 3
"""Pairs of images that a row of the table names."""


@click.command(epilog="Example: camp-monitor corroborate claims.csv -o claims.html")
@click.argument(
    "claims",
    metavar="[CLAIMS.csv]",
    required=False,
    type=click.Path(dir_okay=False, path_type=Path),
)
@click.option(
    "-o", "--output", metavar="FILE.html|docx|pdf|csv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A page with figures, or a table by reference numbers; the suffix says which.",
)  # fmt: skip
@click.option(
    "--compare", is_flag=True,
    help="Compare images at hand that could answer and were not compared, and measure how small a "
    "thing they would have shown.",
)  # fmt: skip
@clock_option
@click.pass_obj
@language_option()
def corroborate(
    context: Context, claims: Path | None, output: Path | None, compare: bool, clock_is_right: bool
) -> None:
    """Set claims against images: supported, not supported, or not answered, and why.

    CLAIMS.csv (UTF-8, UTF-16 or Windows-949) has a row for each claim: reference (the number of
    your case database), facility or place (id, name or coordinates), kind of change, size (m2 or
    46 x 128), and window (2009-02/2009-08, a month, a year).  Never a person: a table with a column
    that looks like names is refused, and nothing of it is stored.

    A claim is not supported only where images that answer for each day of its window would have
    shown it; all else that was not found is "could not have been seen" or "images do not cover the
    time", and speaks neither way.  Verdicts are recorded in the ledger.  Without CLAIMS.csv those
    on record are listed.
    """
    if output is not None and output.suffix.lower() not in FORMATS:
        raise InputError(f"{output} is none of {', '.join(FORMATS)}: name one of these.")
    done = None
    if claims is not None:
        from camp_monitor.claims.run import corroborate_table

        with working(context, "Setting claims against images ..."):
            done = corroborate_table(
                context.workspace, claims, compare=compare, clock_is_right=clock_is_right
            )
        found: Sequence[Corroboration] = done.claims
    else:
        from camp_monitor.ledger.claims import read_claims
        from camp_monitor.ledger.opening import open_ledger_of

        with open_ledger_of(context.workspace, reading=True) as ledger:
            found = read_claims(ledger)
    if output is not None:
        _write(context, found, output)
    if context.as_json:
        click.echo(json.dumps(_plain(found, done), ensure_ascii=False, indent=2))
        return
    _print(context, found, done)


def _write(context: Context, found: Sequence[Corroboration], output: Path) -> None:
    from camp_monitor.report.export.claims import claims_csv
    from camp_monitor.report.sheets.claims_sheet import claims_document
    from camp_monitor.report.sheets.report import WRITERS
    from camp_monitor.report.text.sentences import phrase
    from camp_monitor.report.writing import write_whole

    suffix = output.suffix.lower()
    if suffix == ".csv":
        write_whole(claims_csv(found), output)
    else:
        with working(context, "Drawing ..."):
            content = WRITERS[suffix[1:]](claims_document(context.workspace, found))
            write_whole(content, output)
    said = phrase("claims.exported", file=str(output), claims=len(found))
    context.messages.print(said, soft_wrap=True)


def _print(context: Context, found: Sequence[Corroboration], done: Corroborated | None) -> None:
    from camp_monitor.report.sheets.claims_sheet import counts_words
    from camp_monitor.report.text.sentences import name_of, phrase, sentences

    if not found:
        context.console.print(phrase("claims.none"), soft_wrap=True)
        return
    columns = (
        name_of("claim_column", "reference"), name_of("claim_column", "claimed"),
        name_of("claim_column", "verdict"), name_of("claim_column", "images"),
    )  # fmt: skip
    print_table(context.console, columns, [_cells(one) for one in found])
    said = [phrase("claims.counted", claims=len(found), counts=counts_words(found))]
    if any(one.simulated for one in found):
        said.append(phrase("claims.simulated"))
    if done is not None:
        said.append(phrase("claims.encoding", encoding=done.encoding))
        if done.unread:
            said.append(phrase("claims.unread", columns=str(done.unread)))
        if done.repeated:
            said.append(phrase("claims.repeated", rows=str(done.repeated)))
        if done.compared:
            said.append(phrase("claims.compared", pairs=done.compared))
        said.append(phrase("claims.recorded", claims=done.added))
    context.console.print()
    for one in found:
        reasons = " ".join(sentences(one.reasons))
        context.console.print(f"{one.claim.reference}: {reasons}", soft_wrap=True)
    context.console.print("\n" + " ".join(said), soft_wrap=True)
    for failure in done.failures if done else ():
        context.messages.print(failure, soft_wrap=True)


def _cells(one: Corroboration) -> tuple[str, ...]:
    from camp_monitor.report.sheets.claims_sheet import claimed_words
    from camp_monitor.report.text.sentences import name_of, phrase
    from camp_monitor.report.text.words import area_alone_words, share_words

    claim = one.claim
    pairs = [
        phrase("claims.pair", before=pair.before_on, after=pair.after_on)
        for pair in one.images[:MOST_SHOWN]
    ]
    if len(one.images) > MOST_SHOWN:
        pairs.append(phrase("claims.more_pairs", pairs=len(one.images) - MOST_SHOWN))
    seen = []
    if one.seen_fraction is not None:
        seen.append(phrase("claims.seen", share=share_words(one.seen_fraction)))
    if one.detectable_m2 is not None:
        seen.append(phrase("claims.from", area=area_alone_words(one.detectable_m2)))
    verdict = [name_of("claim_verdict", one.verdict), *one.event_ids]
    return (
        f"{claim.reference}\n{claim.facility_id or phrase('claims.nowhere')}",
        claimed_words(claim),
        "\n".join(verdict),
        "\n".join((*(pairs or [phrase("claims.no_images")]), *seen)),
    )


def _plain(found: Sequence[Corroboration], done: Corroborated | None) -> dict[str, Any]:
    from camp_monitor.report.text.sentences import with_text

    claims = [
        {"id": one.id, **one.to_dict(), "reasons": [with_text(reason) for reason in one.reasons]}
        for one in found
    ]
    if done is None:
        return {"claims": claims}
    return {
        "claims": claims, "added": done.added, "encoding": done.encoding,
        "columns_not_read": done.unread, "rows_repeated": done.repeated,
        "pairs_compared": done.compared, "failures": list(done.failures),
    }  # fmt: skip
