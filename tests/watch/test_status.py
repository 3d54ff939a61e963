"""Where a workspace stands: the table on a terminal, the page, and what both say in words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from camp_monitor.cli import main
from camp_monitor.codes import Code
from camp_monitor.facilities import bundled_registry
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import note
from camp_monitor.report.text.sentences import phrase, sentence
from camp_monitor.watch.coverage import OUTCOMES, Slot
from camp_monitor.watch.failed_runs import failed_runs
from camp_monitor.watch.status import first_year_sentence, outage_sentence, read_status
from camp_monitor.watch.status_page import draw_status
from camp_monitor.watch.strips import STRIP_SIGNS, ruler, strip
from camp_monitor.workspace import CONFIGURATION, create_workspace, open_workspace
from tests.watch import made_up
from tests.watch.made_up import day, look, run, unused, visit

IDS = ("khs-12-jongori", "kls-16-hwasong")
SCHEDULE = f"""
[schedule]
facilities = ["{IDS[0]}", "{IDS[1]}", "kls-14-kaechon"]
since = "{made_up.START:%Y-%m-%d}"
"""
HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m\n&\"'"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a known run log: two facilities were visited, one search always failed."""
    workspace = create_workspace(tmp_path_factory.mktemp("status") / "ws", bundled_registry())
    (workspace.root / CONFIGURATION).write_text(SCHEDULE, encoding="utf-8")
    looks = [look(number, facility_id=IDS[0]) for number in range(2, 120, 10)]
    looks += [look(number, facility_id=IDS[1]) for number in range(3, 40, 10)]
    with open_ledger(workspace.ledger) as ledger:
        ledger.record(list(made_up.observations(looks)), [], recorded_at=day(121))
        for last in (11, 61, 121):
            ledger.write_run(run(last, "started"))
            hostile = note(Code.FAILED, error="RemoteError", detail=HOSTILE)
            cloudy = unused(45, "too_cloudy", hostile, IDS[1])
            ledger.write_run(visit(-30, last, facility_id=IDS[0]))
            ledger.write_run(visit(-30, last, cloudy, facility_id=IDS[1]))
            ledger.write_run(
                visit(-30, last, facility_id="kls-14-kaechon", what="failed", reasons=(hostile,))
            )
            ledger.write_run(run(last + 0.1))
    return workspace.root


def call(root: Path, *words: str, columns: str = "100") -> tuple[int, str, str]:
    done = CliRunner().invoke(
        main, ["--workspace", str(root), *words], env={"COLUMNS": columns}
    )  # fmt: skip
    return done.exit_code, done.stdout, done.stderr


AT = f"{day(122):%Y-%m-%d}"


def test_days_unseen_are_counted_by_the_calendar(root: Path) -> None:
    row = read_status(open_workspace(root), day(122)).rows[0]
    morning, evening = (
        replace(row, last_seen_at=day(100) + timedelta(hours=hour)) for hour in (2, 21)
    )
    now = day(122) + timedelta(hours=7)
    assert morning.unseen_days(now) == evening.unseen_days(now) == 22


def test_the_table_and_what_it_says_in_words(root: Path) -> None:
    code, printed, said = call(root, "status", "--at", AT)
    assert (code, said) == (0, "")
    assert max(map(len, printed.splitlines()[:6])) <= 110
    never = phrase("status.never")
    rows = {line.split()[0]: line for line in printed.splitlines() if line[:3] in ("khs", "kls")}
    assert rows[IDS[0]].split()[1:3] == [f"{day(112):%Y-%m-%d}", "10"]
    assert rows[IDS[0]].split()[-1] == "█" * 12 + "~"
    assert rows[IDS[1]].split()[-1] == "████░.......~"
    assert rows["kls-14-kaechon"].split()[1:] == [never, never, "!" * 12 + "~"]
    for name, values in (
        ("status.never_seen", {"names": "kls-14-kaechon"}),
        ("status.not_seen_since", {"facility": IDS[1], "on": on(33), "ago": 89}),
        ("outage.single", span("no_image", 50, 119, 70, IDS[1])),
        ("outage.single", span("failed", 0, 119, 120, "kls-14-kaechon")),
        ("outage.run", span("run", 11, 61, 50, phrase("status.all", count=3))),
        (
            "status.headline",
            {"watched": 3, "lately": 1, "within": 30, "longer": 1, "never": 1,
             "run": phrase("status.last_run", on=on(121))},
        ),
    ):  # fmt: skip
        assert phrase(name, **values) in printed
    assert "\x1b" not in printed


def on(number: float) -> str:
    return f"{day(number):%Y-%m-%d}"


def span(what: str, first: float, last: float, lasted: int, names: str) -> dict[str, Any]:
    return {"what": what, "first": on(first), "last": on(last), "lasted": lasted, "names": names}


def test_one_facility_as_of_then(root: Path) -> None:
    asked = ("status", "--facility", IDS[1], "--at", f"{day(41):%Y-%m-%d}")
    code, printed, _ = call(root, *asked)
    assert code == 0
    assert IDS[0] not in printed
    assert "█-" not in printed.replace("█████", ""), (
        "what was seen later was not known to be missed"
    )
    code, printed, _ = call(root, "--json", *asked)
    plain = json.loads(printed)
    outcomes = [slot["outcome"] for slot in plain["facilities"][0]["slots"]]
    assert outcomes == ["looked"] * 4 + ["pending"]
    assert plain["last_run_at"].startswith(f"{day(11):%Y-%m-%d}")
    assert [one["what"] for one in plain["outages"]] == ["run"]
    [seen, *_] = plain["facilities"][0]["slots"]
    assert seen["reasons"] == [note(Code.SEEN, sensor="sentinel-2", on=on(3)).to_dict()]
    assert seen["text"] == sentence(note(Code.SEEN, sensor="sentinel-2", on=on(3)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--facility", "khs-12-jongory"), "did you mean khs-12-jongori"),
        (("--facility", "khs-01-kaechon"), "is not watched"),
        (("--at", "soon"), "is not understood"),
        (("--html", "page.txt"), "the page is an .html file"),
        (("--html", "/nowhere/at/all.html"), "cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(root: Path, words: tuple[str, ...], said: str) -> None:
    code, printed, error = call(root, "status", *words)
    assert code == 2
    assert said in error
    assert (printed, error.count("\n")) == ("", 1)


def test_an_empty_workspace_and_a_clock_set_back(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "ws", bundled_registry())
    code, printed, _ = call(workspace.root, "status")
    assert code == 0
    never = phrase("status.never_seen", names=phrase("status.all", count=32))
    assert never in printed
    assert phrase("status.no_run") in printed
    assert not workspace.ledger.exists(), "to look is not to write"
    with open_ledger(workspace.ledger) as ledger:
        ledger.write_run(replace(run(0), at="2999-01-01T00:00:00+00:00"))
    code, printed, said = call(workspace.root, "status")
    assert (code, bool(said)) == (0, True)
    code, printed, _ = call(workspace.root, "--json", "status")
    assert json.loads(printed)["clock_fault"]["code"] == Code.CLOCK_BEHIND


def test_a_terminal_without_blocks_gets_letters(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from camp_monitor.cli.status import PLAIN_SIGNS, _signs

    assert _signs("cp1252") == PLAIN_SIGNS
    assert _signs("utf-8") != PLAIN_SIGNS
    assert len(set(PLAIN_SIGNS.values())) == len(PLAIN_SIGNS)
    assert set(PLAIN_SIGNS) == {*OUTCOMES, ""}


def test_failed_runs_are_told_with_their_reasons_those_alike_as_one(root: Path) -> None:
    found = read_status(open_workspace(root), day(122))
    [alike] = found.failed
    assert (alike.what, alike.runs, alike.facility_ids) == ("part", 3, ("kls-14-kaechon",))
    code, printed, _ = call(root, "--json", "status", "--at", AT)
    [plain] = json.loads(printed)["failed_runs"]
    assert (code, plain["runs"], plain["reasons"][0]["code"]) == (0, 3, Code.FAILED)
    assert read_status(open_workspace(root), day(122), facility_id=IDS[0]).failed == ()
    html = draw_status(found)
    assert "kls-14-kaechon" in html.partition(phrase("page.failed"))[2].partition("</section>")[0]


def test_a_run_fails_whole_in_part_or_breaks_off() -> None:
    whole = replace(run(20, "failed"), reasons=(made_up.NO_ANSWER,))
    records = [run(10, "started"), run(20, "started"), whole, run(30, "started"), run(30.5)]
    found = failed_runs([*records, run(40, "started")], day(40.5))
    assert [(one.what, one.first_at) for one in found] == [("whole", day(20)), ("broken", day(10))]
    newest, *_ = failed_runs([*records, run(40, "started")], day(42))
    assert newest.what == "broken"


def test_the_first_year_states_what_it_cannot_tell(root: Path) -> None:
    found = read_status(open_workspace(root), day(122))
    assert first_year_sentence(found) == "", "it was compared with images from years before"
    rows = tuple(
        replace(row, since_at=day(days))
        for row, days in zip(found.rows, (-300, -240, 100), strict=True)
    )
    young = first_year_sentence(replace(found, rows=rows))
    assert rows[0].watch.facility_id not in young
    assert rows[2].watch.facility_id in young


def test_the_longest_unseen_stand_first(root: Path) -> None:
    found = read_status(open_workspace(root), day(122))
    assert found.ids == ("kls-14-kaechon", IDS[1], IDS[0])


# --- strips and sentences


@pytest.mark.parametrize("length_days", [3, 10, 30])
def test_a_strip_is_a_year_whatever_the_cadence(length_days: int) -> None:
    slots = [
        Slot("a", day(n), day(n + length_days), "looked" if n % 60 < 30 else "missed", ())
        for n in range(0, 600, length_days)
    ]
    found = strip(slots, day(599))
    assert len(found) == len(ruler(day(599))) == STRIP_SIGNS
    assert found[-6:] == ["looked"] * 3 + ["missed"] * 3
    assert strip(slots[:1], day(599)) == [""] * STRIP_SIGNS


def test_many_names_are_shortened_and_none_is_hidden() -> None:
    status = made_up.status([f"sim-{n:02}" for n in range(12)], 1095)
    told = next(one for one in status.outages if len(one.facility_ids) == 11)
    all_but_one = phrase("status.all_but", count=12, names="sim-11")
    assert all_but_one in outage_sentence(told, status.ids)
    some = replace(told, facility_ids=status.ids[:8])
    many = phrase("status.many", count=8, names=status.ids[:6])
    assert many in outage_sentence(some, status.ids)
    whole = outage_sentence(some, status.ids, most=12)
    assert re.findall(r"sim-\d\d", whole) == list(some.facility_ids)


# --- the page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> _Reader:
    page = _Reader()
    page.feed(html)
    return page


def test_the_page_of_three_years_is_small_and_calls_nobody() -> None:
    ids = [f"sim-{number:02}" for number in range(35)]
    status = made_up.status(ids, 1095)
    html = draw_status(status)
    assert html == draw_status(status)
    assert len(html.encode()) < 1_000_000
    page = read(html)
    policies = [value for name, value in page.attributes if name == "content"]
    assert policies[0].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert "script" not in page.tags
    called = {value for name, value in page.attributes if name in ("src", "href")}
    assert called - {f"#{one}" for one in ids} == {"data:,"}
    assert "url(" not in html
    for outage in status.outages:
        assert outage_sentence(outage, status.ids, most=35) in page.text
    classes = [value for name, value in page.attributes if name == "class"]
    assert classes.count("f") >= 109


def test_a_page_of_daily_looks_is_small_too() -> None:
    status = made_up.status([f"sim-{number:02}" for number in range(35)], 365, cadence_days=1)
    assert sum(len(row.slots) for row in status.rows) > 12_000
    html = draw_status(status)
    assert len(html.encode()) < 1_000_000
    assert phrase("page.merged") in html


def test_every_day_of_a_year_is_drawn_once() -> None:
    html = draw_status(made_up.status(["sim-01", "sim-02"], 800))
    rows = re.findall(r'<div class="days" role="img".*?</div>', html)
    assert len(rows) == 2 * 3
    for row in rows:
        assert sum(map(int, re.findall(r"flex:(\d+)", row))) == 366


def test_hostile_names_and_reasons_stay_text(root: Path) -> None:
    page = root / "status.html"
    assert call(root, "status", "--at", AT, "--html", str(page))[0] == 0
    html = page.read_text(encoding="utf-8")
    assert "alert(1)" in html
    assert not {"\x1b", "\u202e"} & {*html}
    assert "<script" not in html
    status = made_up.status(["sim-01", "sim-02"], 100, name=HOSTILE)
    hostile = note(Code.FAILED, error="RemoteError", detail=HOSTILE)
    assert "<script" not in draw_status(replace(status, fault=hostile))
    assert call(root, "status", "--at", AT, "--html", str(page))[0] == 0
    assert page.read_text(encoding="utf-8") == html


def test_the_same_as_json(root: Path) -> None:
    code, printed, _ = call(root, "--json", "status", "--at", AT)
    plain = json.loads(printed)
    assert code == 0
    assert [one["facility_id"] for one in plain["facilities"]] == [
        "kls-14-kaechon", IDS[1], IDS[0],
    ]  # fmt: skip
    for one in plain["facilities"]:
        assert {slot["outcome"] for slot in one["slots"]} <= {*OUTCOMES}
        assert one["cadence_days"] == 10
    assert len(plain["without_outline"]) == 3
