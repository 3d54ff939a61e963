"""Tables of claims: encodings, columns, and people, who are never read."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from camp_monitor.claims.headings import COLUMNS, column_of, kind_of, names_people
from camp_monitor.claims.reading import decode, read_claims_table
from camp_monitor.errors import InputError
from camp_monitor.facilities import Facility, Outline
from camp_monitor.records.kinds import KINDS

WALL = Outline(shapely.box(129.75, 42.20, 129.76, 42.21), "drawn", 10.0, 1, "a", "b")
PLACES = (
    Facility(
        "khs-12-jongori", "Kyo-hwa-so No. 12, Jongo-ri", ("전거리 제12호 교화소",), outlines=(WALL,)
    ),
    Facility("khs-03-sinuiju", "Kyo-hwa-so No. 3, Sinuiju"),
)  # fmt: skip
KOREAN = (
    "사건번호,장소,종류,크기,기간\n"
    "NKDB-1,전거리 제12호 교화소,신축,46 x 128 m,2009년 2월 ~ 2009년 8월\n"
    "NKDB-2,khs-12-jongori,홍수,,2016.8.29\n"
)


def read(path: Path, content: bytes) -> list[tuple[object, ...]]:
    path.write_bytes(content)
    return [
        (one.reference, one.facility_id, one.kind, one.size_m2, one.from_on, one.to_on)
        for one in read_claims_table(path, PLACES, 100.0).claims
    ]


@pytest.mark.parametrize(
    ("encoding", "mark", "name"),
    [
        ("utf-8", b"", "utf-8"), ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16"), ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16"),
        ("utf-16-le", b"", "utf-16"), ("utf-16-be", b"", "utf-16"), ("cp949", b"", "windows-949"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_the_same_in_each_encoding(
    tmp_path: Path, encoding: str, mark: bytes, name: str, delimiter: str
) -> None:
    content = mark + KOREAN.replace(",", delimiter).encode(encoding)
    assert read(tmp_path / "claims.csv", content) == [
        ("NKDB-1", "khs-12-jongori", "construction", 5888.0, "2009-02-01", "2009-08-31"),
        ("NKDB-2", "khs-12-jongori", "flooding", None, "2016-08-29", "2016-08-29"),
    ]
    assert decode(content, tmp_path)[1] == name


HEAD = "reference,place,kind,size,window"


@pytest.mark.parametrize(
    "heading",
    [
        "name", "Names", "Victim", "victim_name", "VictimName", "witness", "Last Name",
        "interviewee", "informant id", "person", "phone", "date of birth",
        "성명", "이름", "증언자", "피해자 성명", "제보자", "수용자", "주민등록번호", "연락처",
    ],
)  # fmt: skip
def test_a_table_that_seems_to_hold_people_is_refused_whole(tmp_path: Path, heading: str) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(f"{HEAD},{heading}\nK-1,khs-12-jongori,flood,,2016,Kim Secret\n", "utf-8")
    with pytest.raises(InputError) as refused:
        read_claims_table(path, PLACES, 100.0)
    assert "Column 6" in str(refused.value)
    assert "Secret" not in str(refused.value)
    assert refused.value.exit_code == 2


def test_no_column_that_is_read_seems_to_hold_people() -> None:
    for name, headings in COLUMNS.items():
        for heading in headings:
            assert column_of(heading) == name
            assert not names_people(heading), heading
    assert not names_people("notes")
    assert {kind_of(kind) for kind in KINDS} == {*KINDS}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Kim Chol,khs-12-jongori,flood,,2016", "no reference number"),
        ("김철수,khs-12-jongori,flood,,2016", "no reference number"),
        ("K-1,khs-99-nowhere,flood,,2016", "no facility of the registry"),
        ("K-1,kyo,flood,,2016", "names a place"),
        ("K-1,,flood,,2016", "names no place"),
        ("K-1,khs-12-jongori,murder,,2016", "no kind of change"),
        ("K-1,khs-12-jongori,flood,large,2016", "size or coordinates"),
        ("K-1,khs-12-jongori,flood,0,2016", "size or coordinates"),
        ("K-1,khs-12-jongori,flood,,soon", "no window of time"),
        ("K-1,khs-12-jongori,flood,,2017/2016", "no window of time"),
        ("K-1,khs-12-jongori,flood,,", "no window of time"),
        ('K-1,"95.0, 10.0",flood,,2016', "coordinates"),
        ('K-1,"khs-12', "not a CSV table"),
    ],
)
def test_a_bad_row_is_one_sentence_that_repeats_nothing(
    tmp_path: Path, row: str, said: str
) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(f"{HEAD}\n{row}\n", "utf-8")
    with pytest.raises(InputError, match=said) as refused:
        read_claims_table(path, PLACES, 100.0)
    assert not any(cell in str(refused.value) for cell in ("Kim", "김철수", "murder", "nowhere"))


@pytest.mark.parametrize(
    ("size", "size_m2"),
    [("5,888", 5888), ("46x128", 5888), ("46 m × 128 m", 5888), ("0.6 ha", 6000),
     ("1.5 km2", 1.5e6), ("112 m²", 112), ("", None)],
)  # fmt: skip
def test_sizes(tmp_path: Path, size: str, size_m2: float | None) -> None:
    row = f'K-1,"42.205, 129.755",new construction,"{size}",2016-08\n'
    [(_, facility_id, _, read_m2, *days)] = read(tmp_path / "claims.csv", f"{HEAD}\n{row}".encode())
    assert (facility_id, read_m2) == ("khs-12-jongori", size_m2)
    assert days == ["2016-08-01", "2016-08-31"]


def test_coordinates_at_no_facility_are_a_claim_without_one(tmp_path: Path) -> None:
    row = "reference,lat,lon,kind,from,to\nK-1,40.0,127.0,flood,2016-08-01,2016-08-05\n"
    assert read(tmp_path / "claims.csv", row.encode()) == [
        ("K-1", "", "flooding", None, "2016-08-01", "2016-08-05")
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_one_sentence(content: bytes) -> None:
    try:
        text, name = decode(content, Path("claims.csv"))
    except InputError:
        return
    assert name in ("utf-8", "utf-16", "windows-949")
    assert isinstance(text, str)
