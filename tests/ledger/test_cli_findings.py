from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from camp_monitor.cli import long_tables
from camp_monitor.cli.context import Context
from camp_monitor.cli.findings import findings as command
from camp_monitor.errors import InputError, NoSuchRecordError
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import measurements, recorded
from camp_monitor.records.finding import Finding
from camp_monitor.records.observation import Observation
from camp_monitor.records.review import Review, utc_text
from camp_monitor.report.text.sentences import caveat_sentences, measured_rows, name_of, phrase
from camp_monitor.report.text.words import (
    area_words,
    count_words,
    findings_words,
    interval_words,
    kind_words,
    position_words,
)

MakeFinding = Callable[..., Finding]
MakeObservation = Callable[..., Observation]

NOON = datetime(2016, 9, 20, 12, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "camp-monitor.toml").write_text("")
    return tmp_path


@pytest.fixture
def scanned(
    workspace: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> list[Finding]:
    """A workspace with one finding that counts, one that is superseded, one pair not seen."""
    old, new = make_finding(0), make_finding(1, outline_version=2)
    unseen = make_observation(
        facility_id="kls-16",
        method="flooding/1",
        outcome="not_seen",
        seen_fraction=0.12,
        reasons=recorded(["Cloud over \x1b[31mthe outline"]),
    )
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        ledger.record([make_observation(old)], [old], recorded_at=NOON)
        ledger.record([make_observation(new, outline_version=2), unseen], [new], recorded_at=NOON)
    return [old, new]


def run(workspace: Path, *arguments: str, as_json: bool = False) -> Result:
    context = Context(folder=workspace, as_json=as_json)
    return CliRunner().invoke(command, arguments, obj=context)


def test_an_empty_ledger_is_not_an_absence_of_change(workspace: Path) -> None:
    result = run(workspace, "list")
    assert result.exit_code == 0
    assert "Nothing has been scanned yet" in result.output
    assert "camp-monitor scan ID --before DATE --after DATE" in result.output
    assert not (workspace / "out").exists()
    for arguments in (["show", "F1"], ["export", str(workspace / "a.csv")]):
        result = run(workspace, *arguments)
        assert isinstance(result.exception, InputError)
        assert "camp-monitor scan" in str(result.exception)


@pytest.mark.usefixtures("scanned")
def test_a_facility_that_was_not_scanned_is_said_to_be_so(workspace: Path) -> None:
    output = run(workspace, "list", "--facility", "kls-61").output
    assert "Nothing has been scanned yet at kls-61" in output
    assert "khs-12-jongori, kls-16" in output
    result = run(workspace, "export", str(workspace / "a.csv"), "--facility", "kls-61")
    assert isinstance(result.exception, InputError)


def test_the_list_says_what_was_not_seen(workspace: Path, scanned: list[Finding]) -> None:
    old, new = scanned
    output = run(workspace, "list").output
    assert new.id in output
    assert old.id not in output
    assert "2016-08-20 and" in output
    assert "12 %" in output
    assert "1 changed, 1 not seen" in output
    assert "unchanged where seen" not in output
    assert "\x1b" not in output
    everything = run(workspace, "list", "--superseded").output
    assert old.id in everything
    assert "superseded" in everything


def test_a_filter_says_what_it_leaves_out(workspace: Path, scanned: list[Finding]) -> None:
    for arguments in (["--at-least", "high"], ["--kind", "flooding"]):
        output = run(workspace, "list", *arguments).output
        assert scanned[1].id not in output
        assert f"{findings_words(0).capitalize()}." in output
        assert f"{count_words(1, 'other finding')} left out" in output
        assert "12 %" in output
    assert isinstance(run(workspace, "list", "--kind", "flood").exception, InputError)


def test_a_list_that_is_cut_says_how_much_is_not_shown(
    workspace: Path, scanned: list[Finding]
) -> None:
    cut = phrase(
        "findings.cut", findings=count_words(0, "finding"), unseen=count_words(1, "record")
    )
    assert cut in run(workspace, "list", "--limit", "1").output
    for whole in ([], ["--limit", "0"], ["--limit", "2"]):
        assert cut not in run(workspace, "list", *whole).output
    content = json.loads(run(workspace, "list", "--limit", "1", as_json=True).output)
    assert [item["id"] for item in content["findings"]] == [scanned[1].id]
    assert len(content["observations"]) == 1


def test_a_terminal_is_given_no_more_than_it_holds(
    workspace: Path, scanned: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_tables, "ON_A_TERMINAL", 1)
    context = Context(folder=workspace)
    screen = io.StringIO()
    vars(context)["console"] = Console(
        file=screen, markup=False, highlight=False, force_terminal=True
    )
    CliRunner().invoke(command, ["list"], obj=context, catch_exceptions=False)
    assert scanned[1].id in screen.getvalue()
    assert "--limit 0" in screen.getvalue()


def test_the_list_fits_a_narrow_terminal(workspace: Path, scanned: list[Finding]) -> None:
    context = Context(folder=workspace)
    screen = io.StringIO()
    vars(context)["console"] = Console(width=80, file=screen, markup=False)
    CliRunner().invoke(command, ["list", "--superseded"], obj=context, catch_exceptions=False)
    lines = screen.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    _, interval = area_words(scanned[1])
    for whole in (scanned[1].id, kind_words("construction"), "2016-08-20 and", interval):
        assert any(whole in line for line in lines)


def test_json_holds_every_record_whole(workspace: Path, scanned: list[Finding]) -> None:
    old, new = scanned
    content = json.loads(run(workspace, "list", "--superseded", as_json=True).output)
    assert {item["id"]: item["superseded"] for item in content["findings"]} == {
        old.id: True,
        new.id: False,
    }
    assert sorted(item["outcome"] for item in content["observations"]) == [
        "changed",
        "changed",
        "not_seen",
    ]
    shown = json.loads(run(workspace, "show", new.id, as_json=True).output)
    assert shown["id"] == new.id
    assert {key: shown[key] for key in new.to_dict()} == new.to_dict()
    assert [item["finding_ids"] for item in shown["observations"]] == [[new.id]]
    empty = json.loads(run(workspace, "list", "--facility", "x", as_json=True).output)
    assert empty == {"findings": [], "observations": []}
    assert {item["review"] for item in content["findings"]} == {None}
    assert shown["reviews"] == []


def test_show_says_all_that_is_known(workspace: Path, scanned: list[Finding]) -> None:
    old, new = scanned
    output = " ".join(run(workspace, "show", new.id[:9]).output.split())
    for text in (
        new.id,
        f"{kind_words(new.kind)}, {position_words(new)}",
        "khs-12-jongori, outline version 2",
        interval_words(new.before, new.after),
        area_words(new)[1],
        *caveat_sentences(new.caveats),
        "-0.12",
        new.before.sha256[0],
        new.after.credit,
    ):
        assert text in output
    assert "superseded" not in output
    assert "superseded" in run(workspace, "show", old.id).output
    assert isinstance(run(workspace, "show", "F000").exception, NoSuchRecordError)


def test_show_says_each_measurement_once(
    workspace: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    shift, strength = {"shift_left_px": 0.77}, {"strength": 12.0}
    finding = make_finding(measurements=measurements(shift | strength))
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        looked = make_observation(finding, measurements=measurements(shift))
        ledger.record([looked], [finding], recorded_at=NOON)
    output = run(workspace, "show", finding.id).output
    labels = [label for label, _ in measured_rows(finding.measurements)]
    assert [output.count(label) for label in labels] == [1, 1]


def test_the_list_has_the_largest_of_a_kind_first(
    workspace: Path, make_finding: MakeFinding, make_observation: MakeObservation
) -> None:
    found = [make_finding(number, area_m2=1200.0 + number) for number in range(6)]
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        ledger.record([make_observation(*found)], found, recorded_at=NOON)
    output = run(workspace, "list").output
    places = [output.index(finding.id) for finding in reversed(found)]
    assert places == sorted(places)


def test_export_writes_what_counts(workspace: Path, scanned: list[Finding]) -> None:
    path = workspace / "found.csv"
    result = run(workspace, "export", str(path))
    assert result.exit_code == 0
    counts = f"{count_words(1, 'finding')}, {count_words(1, 'record')} of what was not seen"
    assert counts in result.output
    text = path.read_text(encoding="utf-8-sig")
    assert scanned[1].id in text
    assert scanned[0].id not in text
    assert isinstance(run(workspace, "export", str(path)).exception, InputError)
    again = run(workspace, "export", str(path), "--overwrite", as_json=True)
    assert json.loads(again.output) == {
        "file": str(path),
        "events": 1,
        "findings": 1,
        "not_seen": 1,
    }


def test_a_rejected_finding_stays_in_the_list_and_is_marked(
    workspace: Path, scanned: list[Finding]
) -> None:
    _, new = scanned
    unreviewed = run(workspace, "list", "--unreviewed", "--at-least", "medium").output
    assert new.id in unreviewed
    words = ("--verdict", "rejected", "--by", "한 R.", "--note", "Shade\n!")
    result = run(workspace, "review", new.id[:8], *words)
    assert result.exit_code == 0, result.output
    assert f"Recorded for {new.id}: " in result.output
    assert "한 R., " in result.output
    for arguments in ([], ["--reviewed"], ["--verdict", "rejected"]):
        output = run(workspace, "list", *arguments).output
        assert new.id in output
        assert f"{findings_words(1, 1).capitalize()}." in output
        assert output.count(name_of("verdict", "rejected")) == 2
    for arguments in (["--unreviewed"], ["--verdict", "confirmed"]):
        output = run(workspace, "list", *arguments).output
        assert new.id not in output
        assert f"{count_words(1, 'other finding')} left out" in output
    [item] = json.loads(run(workspace, "list", as_json=True).output)["findings"]
    assert (item["review"]["verdict"], item["review"]["note"]) == ("rejected", "Shade !")


def test_show_lists_all_reviews_the_latest_first(workspace: Path, scanned: list[Finding]) -> None:
    _, new = scanned
    with open_ledger(workspace / "out" / "ledger.sqlite") as ledger:
        for hour, verdict in ((1, "rejected"), (2, "unsure")):
            at = NOON.replace(hour=hour)
            ledger.review(Review(new.id, verdict, "R. N.", utc_text(at)), recorded_at=NOON)
    output = run(workspace, "review", new.id, "--verdict", "confirmed", "--by", "A. B.").output
    assert f"{count_words(3, 'review')} are kept; the latest counts." in output
    output = run(workspace, "show", new.id).output
    order = [
        output.index(name_of("verdict", verdict).capitalize())
        for verdict in ("confirmed", "unsure", "rejected")
    ]
    assert order == sorted(order)
    shown = json.loads(run(workspace, "show", new.id, as_json=True).output)
    assert [item["verdict"] for item in shown["reviews"]] == ["rejected", "unsure", "confirmed"]


def test_a_review_that_cannot_be_recorded_says_why(workspace: Path, scanned: list[Finding]) -> None:
    def fault(*arguments: str) -> str:
        result = run(workspace, *arguments)
        assert isinstance(result.exception, InputError), result.output
        return str(result.exception)

    given = ("--verdict", "confirmed", "--by")
    assert "There is no finding" in fault("review", "F000", *given, "R.N.")
    assert "text is blank" in fault("review", scanned[1].id, *given, "")
    assert "control character" in fault("review", scanned[1].id, *given, "a\x1b[2J")
    assert "use --unreviewed or --verdict" in fault("list", "--unreviewed", "--verdict", "unsure")


@pytest.mark.parametrize("name", ["list", "show", "review", "export"])
def test_each_help_ends_with_an_example(name: str) -> None:
    last = CliRunner().invoke(command, [name, "--help"]).output.strip().splitlines()[-1]
    assert last.strip().startswith(f"Example: camp-monitor findings {name}")
