"""Headings of a table of claims, in English and Korean: which are read, and which are refused.

Words of people who hand in a table are matched here, at the border; what is kept are codes.
"""

from __future__ import annotations

import re
import unicodedata

COLUMNS = {
    "reference": (
        "reference", "reference number", "reference no", "ref", "ref no", "case", "case number",
        "case no", "case id", "사건번호", "사례번호", "참조번호", "관리번호", "접수번호", "사건",
    ),
    "facility": ("facility", "facility id", "facility code", "시설", "시설번호", "시설코드"),
    "place": (
        "place", "location", "site", "camp", "place name", "facility name", "camp name",
        "coordinates", "장소", "위치", "지명", "시설명", "시설이름", "수용소", "교화소", "좌표",
    ),
    "lat": ("lat", "latitude", "위도"),
    "lon": ("lon", "lng", "long", "longitude", "경도"),
    "kind": ("kind", "kind of change", "type", "change", "종류", "유형", "변화", "변화유형"),
    "size": ("size", "area", "extent", "크기", "면적", "규모"),
    "size_m2": ("size m2", "area m2", "면적 m2", "크기 m2"),
    "window": ("window", "window of time", "period", "time", "date", "dates", "when", "기간",
               "시기", "일자", "날짜", "연월"),
    "from": ("from", "since", "start", "date from", "from date", "start date", "earliest", "부터",
             "시작", "시작일"),
    "to": ("to", "until", "end", "date to", "to date", "end date", "latest", "까지", "끝", "종료",
           "종료일"),
}  # fmt: skip
"""What a column may be called, without regard to case, ``_`` and ``-``."""

KINDS = {
    "construction": ("new construction", "new building", "building", "annex", "신축", "건설",
                     "건축", "증축", "건물 신축"),
    "built_up": ("new built up ground", "built up", "earthworks", "토목", "토목공사",
                 "조성", "개발"),
    "demolition": ("razed", "razing", "demolished", "철거", "해체", "파괴"),
    "flooding": ("flood", "flooded", "inundation", "홍수", "침수", "수해"),
    "flood_recession": ("flood receded", "drained", "배수"),
    "water_gain": ("new water", "reservoir", "fish farm", "pond", "저수지", "양어장"),
    "water_loss": ("water lost",),
    "clearing": ("vegetation clearing", "vegetation cleared", "logging", "벌목", "벌채", "개간"),
    "perimeter_change": ("perimeter", "perimeter changed", "fence", "wall", "울타리", "담장",
                         "경계 변경"),
    "other": ("other change", "기타"),
}  # fmt: skip
"""Other words for the kinds of change."""

_OF_PLACES = frozenset(
    ("place", "facility", "camp", "site", "prison", "location", "file", "county")
)
"""What may have a name without being a person."""
_OF_PEOPLE = re.compile(
    r"names?$|^(person|people|persons|individual|individuals|man|woman|child)$|victim|witness|"
    r"testif|testimon|surname|forename|informant|intervie|defector|escapee|refugee|prisoner|inmate|"
    r"detainee|survivor|respondent|applicant|complainant|claimant|deponent|perpetrator|suspect|"
    r"offender|guard$|officer|relative|family|father|mother|spouse|husband|wife|sibling|nickname|"
    r"^alias|passport|birth|^dob$|^born$|^age$|^sex$|^gender$|phone|mobile|^home$|email|^address$|"
    r"nationalid|^author$|^analyst$|^reporter$|^contact$"
)
_OF_PEOPLE_KO = re.compile(
    "성명|이름|성함|본명|가명|별명|예명|증언|증인|피해자|목격|진술|신고자|제보|탈북|가해|수감자|"
    "수용자|재소자|수인|생존자|면담|인물|가족|부모|배우자|주민|생년|출생|나이|연령|성별|연락처|"
    "전화|휴대폰|이메일|주소|여권|담당자|작성자|보호자|신원|실종자|납북자|사망자|희생자"
)
_PLACES_KO = re.compile("^(시설|장소|지역|수용소|교화소|관리소|위치)(의)? ?(이름|명칭|명)$")


def plain_heading(heading: str) -> str:
    """Return a heading in the form in which it is matched: words in small letters."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", heading))
    return " ".join(re.sub(r"[_\-.:()\[\]/]+", " ", parted).casefold().split())


def column_of(heading: str) -> str | None:
    """Return which column a heading means; None for one that is not read."""
    plain = plain_heading(heading)
    forms = {plain, plain.replace(" ", "")}
    return next((name for name, known in COLUMNS.items() if forms & {*known}), None)


def names_people(heading: str) -> bool:
    """Tell whether a column looks as if it held people: their names, or what else points at them.

    In doubt it does.  Names of places do not count.
    """
    plain = plain_heading(heading)
    if _PLACES_KO.search(plain):
        return False
    words = re.findall(r"[a-z]+", plain)
    told = [word for word in words if _OF_PEOPLE.search(word)]
    if set(words) & _OF_PLACES:
        told = [word for word in told if word not in ("name", "names")]
    joined = "".join(words)
    glued = bool(words) and joined.removesuffix("s").removesuffix("name") not in _OF_PLACES
    return (bool(told) and glued) or bool(_OF_PEOPLE_KO.search(plain.replace(" ", "")))


def kind_of(text: str) -> str | None:
    """Return the kind of change that a word means; None for an unknown one."""
    plain = plain_heading(text)
    for kind, others in KINDS.items():
        if plain in (kind.replace("_", " "), *others):
            return kind
    return None
