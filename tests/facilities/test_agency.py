"""Who administered a place, by date."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from camp_monitor.cli import main
from camp_monitor.facilities.agency import Agency, AgencyName
from camp_monitor.facilities.registry import bundled_registry, find_facility
from camp_monitor.report.sheets.facility_sheet import administered_words

A = AgencyName("A", "a", until="2020")
B = AgencyName("B", "b", since="2020", until="2023-05-01")
C = AgencyName("C", "c", since="2023-05-01")
D = AgencyName("D", "d", since="2010", until="2018")
"""What another source says."""


@pytest.mark.parametrize(
    ("first_on", "last_on", "names"),
    [
        ("2005-01-01", "2005-01-01", [A]),
        ("2019-12-31", "2019-12-31", [A]),
        ("2020-06-01", "2020-06-01", [A, B]),  # some time in 2020
        ("2021-06-01", "2021-06-01", [B]),
        ("2023-04-30", "2023-04-30", [B]),
        ("2023-05-01", "2023-05-01", [C]),
        ("2019-01-01", "2023-12-31", [A, B, C]),
        ("2016-09-01", "2016-09-12", [A, D]),  # a conflict stays one
    ],
)
def test_every_name_that_may_have_held_is_told(
    first_on: str, last_on: str, names: list[AgencyName]
) -> None:
    held = (A, B, C, D) if D in names else (A, B, C)
    assert Agency("C", "c", held).between(first_on, last_on) == tuple(names)


def test_an_undated_name_holds_always_and_none_never() -> None:
    assert Agency("X", "x").between("2016-09-01", "2016-09-01") == (AgencyName("X", "x"),)
    assert Agency(None, "x").between("2016-09-01", "2016-09-01") == ()


def test_what_is_shown_of_a_date_is_what_reports_say(tmp_path: object) -> None:
    at = ["--workspace", str(tmp_path), "facilities", "show", "khs-12-jongori", "--at"]
    assert CliRunner().invoke(main, ["init", str(tmp_path)]).exit_code == 0
    shown = CliRunner().invoke(main, [*at, "2016-09-01"]).output
    facility = find_facility(bundled_registry(), "khs-12-jongori")
    said = administered_words(facility, "2016-09-01", "2016-09-01")
    assert "North Hamgyong Provincial Bureau (until 2020)" in said
    assert "HRNK" in said
    plain = " ".join(shown.partition("2016-09-01: ")[2].split())
    assert plain.startswith(" ".join(said.split())[:60])
    told = json.loads(CliRunner().invoke(main, ["--json", *at, "2020"]).output)["administered"]
    assert (told["from_on"], told["to_on"], len(told["by"])) == ("2020-01-01", "2020-12-31", 2)
    assert CliRunner().invoke(main, [*at, "soon"]).exit_code == 2
