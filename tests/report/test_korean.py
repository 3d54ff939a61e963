"""Korean: no text without a translation, none of an earlier English text, and none that misfits."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from string import Formatter

import polib
import pytest
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.codes import LanguageCode
from camp_monitor.errors import InputError
from camp_monitor.facilities import bundled_registry
from camp_monitor.report.map.overview import draw_overview
from camp_monitor.report.text.catalogue import (
    catalogue_path,
    contexts,
    languages,
    translated,
    updated,
)
from camp_monitor.report.text.en import ENGLISH
from camp_monitor.report.text.sentences import (
    choose_language,
    in_language,
    language_in_use,
    name_of,
    phrase,
    texts,
)
from camp_monitor.report.text.words import findings_words, share_words
from camp_monitor.watch.heartbeat import LINE, fold
from camp_monitor.watch.status_page import draw_status
from camp_monitor.workspace import CONFIGURATION, create_workspace
from tests.report import painted
from tests.report.test_map import draw
from tests.report.test_swapped_texts import WORDS, data_in, strings, visible
from tests.watch import made_up

TRANSLATIONS = [code.value for code in LanguageCode if code != LanguageCode.ENGLISH]
PARTICLE = re.compile(r"\}(은|는|이|가|을|를|과|와|으로|로|이나|나|이라|라)(?=[\s,.()]|$)")
"""After a value, a particle whose form would hang on the value's last letter."""
AFTER_A_UNIT = re.compile(r"(%|percent)\}(는|가|를|로)")
"""A share ends in a sign that is read 퍼센트, whatever its number."""


def test_every_language_of_the_settings_has_its_catalogue() -> None:
    assert set(languages()) == set(LanguageCode)
    with pytest.raises(InputError, match="no texts in 'xx'"), in_language("xx"):
        pass


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_the_catalogue_has_each_text_of_today_and_no_other(code: str) -> None:
    catalogue = polib.pofile(str(catalogue_path(code)))
    held = [(entry.msgctxt, entry.msgid) for entry in catalogue]
    assert held == list(contexts(ENGLISH)), "run: python -m camp_monitor.report.text.catalogue"
    assert [entry.msgctxt for entry in catalogue if not entry.translated()] == []
    said = catalogue_path(code).read_text(encoding="utf-8")
    assert said == str(updated(catalogue)), "run: python -m camp_monitor.report.text.catalogue"


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_a_translation_prints_the_same_values_in_the_same_way(code: str) -> None:
    def values(text: str) -> list[tuple[str, str]]:
        pieces = Formatter().parse(text)
        return sorted((name, spec or "") for _, name, spec, _ in pieces if name is not None)

    ours = dict(contexts(texts(code)))
    assert {
        context: (text, ours[context])
        for context, text in contexts(ENGLISH)
        if values(text) != values(ours[context])
    } == {}


def test_no_particle_hangs_on_a_value() -> None:
    said = dict(contexts(texts("ko")))
    assert [text for text in said.values() if PARTICLE.search(AFTER_A_UNIT.sub("", text))] == []


def test_an_earlier_english_text_is_marked_and_a_new_one_is_empty() -> None:
    english = replace(ENGLISH, phrases={"a": "new {x}", "b": "as ever", "c": "added"})
    catalogue = polib.POFile()
    for name, old, said in (("a", "old", "ㄱ"), ("b", "as ever", "ㄴ"), ("gone", "gone", "ㄷ")):
        catalogue.append(polib.POEntry(msgctxt=f"phrases:{name}", msgid=old, msgstr=said))
    found = {entry.msgctxt: entry for entry in updated(catalogue, english)}
    assert "phrases:gone" not in found
    assert (found["phrases:a"].msgstr, found["phrases:a"].fuzzy) == ("ㄱ", True)
    assert found["phrases:a"].previous_msgid == "old"
    assert found["phrases:b"].translated()
    assert found["phrases:c"].msgstr == ""
    told = {("phrases:a", "old"): "ㄱ", ("phrases:b", "as ever"): "ㄴ"}
    assert translated(english, told).phrases == {"a": "new {x}", "b": "ㄴ", "c": "added"}


def test_the_language_asked_for_comes_before_that_in_use_and_that_of_the_settings() -> None:
    assert language_in_use() == "en"
    assert choose_language(None, "ko") == "ko"
    with in_language("ko"):
        assert language_in_use() == "ko"
        assert choose_language(None, "en") == "ko"
        assert choose_language("en", "ko") == "en"
        assert findings_words(3, 1) == "탐지 결과 3건, 그중 1건 검토에서 기각"
        assert share_words(0.999) == "99%"
        assert phrase("status.all", count=35) == "시설 35곳 모두"
        assert phrase("status.all", "en", count=35) == "all 35 facilities"
    assert findings_words(1) == "1 finding"


def test_lines_of_a_message_hold_korean_letters_of_two_columns() -> None:
    line = "* " + " ".join(
        ["위성영상을", "판독한", "결과이며", "현장에서", "확인되지", "않았다."] * 9
    )
    folded = fold([line]).split("\n")
    assert " ".join(part.strip() for part in folded) == line
    widths = [sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in part) for part in folded]
    assert max(widths) <= LINE
    assert min(widths[:-1]) > LINE - 20


def pages() -> dict[str, str]:
    """What a person reads of each page in Korean, and the whole pages."""
    facility = replace(painted.facility(), name="Jongo-ri", sources=())
    outline = replace(painted.outline(), note="")
    findings, observations = painted.findings(), painted.observations()
    drawn = draw(facility=facility, outline=outline, findings=findings, simulated=True)
    overview = draw_overview([facility], observations, findings, simulated=True).html
    status = draw_status(made_up.status(["a", "b"], 400, name="전거리"))
    failure = made_up.NO_ANSWER.numbers["detail"]
    return {
        "map": f"{visible(drawn)} {strings(data_in(drawn))}",
        "overview": visible(overview),
        "status": re.sub(f"{failure}|no-outline", "", visible(status)),
    } | {f"{name} page": html for name, html in (("map", drawn), ("overview", overview))}


def test_pages_are_korean_to_the_last_word() -> None:
    with in_language("ko"):
        shown = pages()
    for name in ("map", "overview", "status"):
        assert set(re.findall(r"[a-z]+", shown[name].lower())) & WORDS == set(), name
    assert '<html lang="ko">' in shown["map page"]
    assert '<h1 dir="auto">전거리 제12호 교화소</h1>' in shown["map page"]
    assert '<span lang="en">Jongo-ri</span>' in shown["map page"]
    assert '"전거리 제12호"' in shown["overview page"]
    scripts = re.search(r"const texts = (\{.*?\});", shown["map page"])
    assert scripts is not None
    assert not re.search("[A-Za-z]", re.sub(r'"\w+":|\{\w+\}|Esc', "", scripts[1]))


def test_a_command_speaks_the_language_of_its_option_or_of_the_settings(tmp_path: Path) -> None:
    root = create_workspace(tmp_path / "w", bundled_registry()).root

    def run(*command: str) -> Result:
        return CliRunner().invoke(main, ["--workspace", str(root), *command])

    nothing = phrase("findings.nothing_scanned", "ko")
    assert nothing in run("findings", "list", "--lang", "ko").output
    assert nothing not in run("findings", "list").output
    assert phrase("events.none", "ko") in run("events", "list", "--lang", "ko").output
    assert phrase("schedule.now", "ko") in run("schedule", "show", "--lang", "ko").output
    listed, shown = run("facilities", "list", "--lang", "ko"), run(
        "facilities", "show", "khs-12-jongori", "--lang", "ko"
    )  # fmt: skip
    assert phrase("registry.bare", "ko", count=3) in listed.output
    assert name_of("facts", "sizes", "ko") in shown.output
    assert name_of("point_role", "facility", "ko") in shown.output
    assert phrase("scenes.none", "ko") in run("scenes", "list", "--lang", "ko").output
    settings = root / CONFIGURATION
    said = settings.read_text(encoding="utf-8")
    settings.write_text(said.replace('language = "en"', 'language = "ko"'), encoding="utf-8")
    assert nothing in run("findings", "list").output
    assert nothing not in run("findings", "list", "--lang", "en").output
    assert phrase("status.no_run", "ko") in run("status").output
    page = tmp_path / "map.html"
    assert "시설 개관" in run("map", "-o", str(page)).output
    assert '<html lang="ko">' in page.read_text(encoding="utf-8")
    assert language_in_use() == "en", "the next command of this process is asked anew"
    wrong = run("map", "khs-99", "-o", str(page))
    assert wrong.exit_code == 2
    assert not re.search("[가-힣]", wrong.output), "errors of input stay English"
    settings.write_text('language = "xx"\n', encoding="utf-8")
    assert "language: Input should be 'en' or 'ko'" in run("status").output
