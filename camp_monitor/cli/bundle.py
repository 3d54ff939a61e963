"""``camp-monitor bundle``, ``stamp`` and ``verify``: evidence that strangers can check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from camp_monitor.cli.context import Context
from camp_monitor.cli.progress import working
from camp_monitor.errors import InputError, LedgerError, StampError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from camp_monitor.bundle.checking import Verified
    from camp_monitor.bundle.reproducing import Reproduced
    from camp_monitor.bundle.stamps import Stamp, Stated

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(epilog="Example: camp-monitor bundle E9544bc8f0e26 -o evidence")
@click.argument("ids", metavar="E...|F...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, metavar="DIR", type=FOLDER, help="A new folder.")
@click.option(
    "--whole-ledger",
    is_flag=True,
    help="Also the records of other facilities, so that the ledger can be followed to its end.",
)
@click.option("--no-stamp", is_flag=True, help="Ask no authority for a time stamp.")
@click.pass_obj
def bundle(
    context: Context, ids: tuple[str, ...], output: Path, whole_ledger: bool, no_stamp: bool
) -> None:
    """Put what is known of events or findings into one folder that strangers can verify.

    It holds the images as received where their licences allow, else how to obtain them; catalogue
    items, aligned images, answers, records, the chains of the ledger, outlines, figures and a
    report in English and Korean, pages about the methods, settings and provenance.  It is a BagIt
    bag and an RO-Crate; its README.txt says how to check it with sha256sum and openssl.

    Authorities under [time_stamps] in camp-monitor.toml sign when it existed.  The bundle is for
    those who may see everything: names of reviewers are in it.  Same records, same bytes.
    """
    from camp_monitor.bundle.making import make_bundle

    with working(context, "Gathering ...") as say:
        made = make_bundle(
            context.workspace, ids, output, whole_ledger=whole_ledger,
            say=lambda what: say(f"Gathering {what} ..."),
        )  # fmt: skip
    given: Sequence[tuple[Stamp, Stated]] = []
    failures: Sequence[str] = []
    if not no_stamp:
        given, failures = _stamp(context, output)
    if context.as_json:
        said = {
            "folder": str(output), "sha256": made.sha256, "files": made.files,
            "size_bytes": made.size_bytes, "remarks": made.remarks, "stamps": _plain(given),
            "stamps_failed": failures,
        }  # fmt: skip
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for remark in made.remarks:
        click.echo(f"Note: {remark}", err=True)
    context.console.print(
        f"{output}: {made.files} files, {made.size_bytes / 1e6:.1f} MB\n"
        f"Its hash, to be sent by another way: {made.sha256}",
        soft_wrap=True,
    )
    _print_stamps(context, given, failures, output)


@click.command(epilog="Example: camp-monitor stamp evidence")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.pass_obj
def stamp(context: Context, folder: Path) -> None:
    """Have a bundle time-stamped by the authorities under [time_stamps] in camp-monitor.toml.

    For a bundle whose stamp failed when it was made, or to add one of another authority.
    """
    from camp_monitor.bundle.bag import TAG_MANIFEST

    if not (folder / TAG_MANIFEST).is_file():
        raise InputError(f"{folder} is no bundle: name the folder that holds {TAG_MANIFEST}.")
    if not context.workspace.configuration.time_stamps.authorities:
        raise InputError("No authority is named under [time_stamps] in camp-monitor.toml: add one.")
    given, failures = _stamp(context, folder)
    if not given:
        raise StampError(" ".join(failures))
    if context.as_json:
        said = {"stamps": _plain(given), "stamps_failed": failures}
        click.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    _print_stamps(context, given, failures, folder)


@click.command(epilog="Example: camp-monitor verify evidence --reproduce")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--reproduce", "again", is_flag=True, help="Detect again from the bundle's images.")
@click.option(
    "--head", metavar="SHA256", default="",
    help="A head of the ledger that a map, figure, report or message shows.",
)  # fmt: skip
@click.option(
    "--hash", "sha256", metavar="SHA256", default="",
    help="The hash of the bundle, as it was printed when it was made.",
)  # fmt: skip
@click.option(
    "--certificates", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Certificates of an authority, as it publishes them: a stamp must hold under them.",
)  # fmt: skip
@click.option(
    "--pixels", metavar="DIR", type=FOLDER,
    help="With --reproduce: where the image files are that the bundle does not hold.",
)  # fmt: skip
@click.pass_obj
@click.pass_context
def verify(
    ctx: click.Context, context: Context, /, folder: Path, again: bool, pixels: Path | None,
    certificates: Path | None, **named: str,
) -> None:  # fmt: skip
    """Check a bundle: every file is ok, altered, missing, added or unverifiable.

    Nothing is needed but the bundle: no workspace and no network.  By itself a bundle cannot show
    that all of it was written anew; a head of the ledger, the hash of the bundle, or certificates
    of an authority that stamped it, which came to you by another way, can.  Exit code 1 where
    anything is not ok, or cannot be reproduced within tolerances.
    """
    from camp_monitor.bundle.checking import verify_bundle
    from camp_monitor.bundle.outside import Outside
    from camp_monitor.bundle.reproducing import Sameness, reproduce
    from camp_monitor.bundle.stamps import read_certificates

    pinned = read_certificates(certificates) if certificates else b""
    head, sha256 = (named[name].lower().rstrip(".") for name in ("head", "sha256"))
    outside = Outside(head, sha256, pinned)
    with working(context, "Verifying ...") as say:
        verified = verify_bundle(folder, outside)
        answers: tuple[Reproduced, ...] = ()
        if again and verified.is_ok:
            answers = reproduce(folder, pixels, lambda pair: say(f"Detecting again: {pair} ..."))
    _print(context, folder, verified, answers, outside.is_given)
    if again and not verified.is_ok and not context.as_json:
        context.console.print("Not detected again, since not everything is ok.")
    same = all(one.sameness in (Sameness.IDENTICAL, Sameness.CLOSE) for one in answers)
    if not verified.is_ok or not same:
        ctx.exit(LedgerError.exit_code)


def _print(
    context: Context, folder: Path, verified: Verified, answers: Sequence[Reproduced],
    is_vouched: bool,
) -> None:  # fmt: skip
    if context.as_json:
        click.echo(json.dumps(_as_json(verified, answers), ensure_ascii=False, indent=2))
        return
    wide = max((len(one.state) for one in verified.files), default=0)
    for one in verified.files:
        why = f": {one.why}" if one.why else ""
        context.console.print(f"{one.state:<{wide}}  {_printable(one.path)}{why}", soft_wrap=True)
    wrong = [one for one in verified.files if one.state != "ok"]
    said = f"{len(wrong)} of {len(verified.files)} are not ok" if wrong else "All ok"
    named = ", ".join(verified.index.ids) if verified.index else str(folder)
    context.console.print(f"\n{_printable(named)}: {said}; {len(verified.files)} files.")
    for stated in verified.stamps:
        context.console.print(
            f"It existed at {stated.at:%Y-%m-%dT%H:%M:%SZ}, as {stated.authority} signed.",
            soft_wrap=True,
        )
    for remark in verified.remarks:
        context.console.print(_printable(remark), soft_wrap=True)
    if not wrong and not is_vouched:
        context.console.print(
            "That not all of it was written anew, only what came to you by another way can show: "
            "see --head, --hash and --certificates.",
            soft_wrap=True,
        )
    for answer in answers:
        context.console.print(f"{answer.pair}: {answer.sameness}", soft_wrap=True)
        for difference in answer.differences:
            context.console.print(f"  {difference}", soft_wrap=True)


def _as_json(verified: Verified, answers: Sequence[Reproduced]) -> dict[str, Any]:
    return {
        "ok": verified.is_ok,
        "sha256": verified.sha256,
        "ids": list(verified.index.ids) if verified.index else [],
        "files": [{"path": one.path, "state": one.state, "why": one.why} for one in verified.files],
        "stamps": [
            {"at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}", "authority": one.authority}
            for one in verified.stamps
        ],
        "remarks": list(verified.remarks),
        "reproduced": [
            {"pair": one.pair, "sameness": one.sameness, "differences": list(one.differences)}
            for one in answers
        ],
    }


def _stamp(context: Context, folder: Path) -> tuple[Sequence[tuple[Stamp, Stated]], Sequence[str]]:
    from camp_monitor.bundle.bag import STAMPS, TAG_MANIFEST
    from camp_monitor.bundle.stamps import ask_stamps, write_stamp

    content = (folder / TAG_MANIFEST).read_bytes()
    with working(context, "Asking for time stamps ..."):
        given, failures = ask_stamps(context.workspace, content)
    for one, _ in given:
        write_stamp(folder / STAMPS, one)
    return given, failures


def _print_stamps(
    context: Context, given: Sequence[tuple[Stamp, Stated]], failures: Sequence[str], folder: Path
) -> None:
    for _, stated in given:
        at = f"{stated.at:%Y-%m-%dT%H:%M:%SZ}"
        context.console.print(f"Stamped at {at} by {stated.authority}.", soft_wrap=True)
    for failure in failures:
        click.echo(
            f"Note: {failure} The bundle is kept; add the stamp later: camp-monitor stamp {folder}",
            err=True,
        )


def _plain(given: Sequence[tuple[Stamp, Stated]]) -> list[dict[str, str]]:
    return [
        {"name": one.name, "at": f"{stated.at:%Y-%m-%dT%H:%M:%SZ}", "authority": stated.authority}
        for one, stated in given
    ]


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
