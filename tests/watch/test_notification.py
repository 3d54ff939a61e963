"""Notification: each thing told once, to everyone, in the end; and no password anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
from click.testing import CliRunner, Result

from camp_monitor.cli import main
from camp_monitor.codes import Code, LanguageCode
from camp_monitor.errors import WorkspaceError
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.notes import note
from camp_monitor.records.content import canonical_json
from camp_monitor.records.review import Review, utc_text
from camp_monitor.records.run import RunRecord
from camp_monitor.report.text.sentences import name_of, phrase, sentence
from camp_monitor.report.text.words import area_words, interval_words
from camp_monitor.settings import NotificationSettings
from camp_monitor.watch.addresses import read_addresses
from camp_monitor.watch.digest import compose_digest
from camp_monitor.watch.heartbeat import compose_alarm, compose_heartbeat
from camp_monitor.watch.notify import compose, notify, preview
from camp_monitor.watch.outbox import (
    ATTACHMENTS,
    MESSAGES,
    Attachment,
    Kept,
    Message,
    deliver,
    kept,
    open_outbox,
    put,
    tries,
    unreadable,
    waiting,
)
from camp_monitor.watch.pictures import is_open
from camp_monitor.workspace import Workspace, open_workspace
from tests.report import painted
from tests.report.test_figure import make_workspace, rectangle_deg, view
from tests.watch.painted import ended, start
from tests.watch.servers import PASSWORD, MailServer, Webhook, free_port

NOW = datetime(2024, 1, 2, tzinfo=UTC)
VARIABLE = "CAMP_MONITOR_NOTIFY"


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two painted scenes and one finding that a reviewer confirmed."""
    workspace, key = make_workspace(
        tmp_path_factory.mktemp("notify"), view(10.0, 120), rectangle_deg(46, 128)
    )
    with open_ledger(workspace.ledger) as ledger:
        ledger.review(Review(key, "confirmed", "RN", "2024-01-01T00:00:00+00:00"), recorded_at=NOW)
    return workspace


@pytest.fixture
def workspace(confirmed: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(confirmed.root, tmp_path / "own")
    return open_workspace(tmp_path / "own")


@pytest.fixture
def mail() -> MailServer:
    return MailServer()


@pytest.fixture
def hook() -> Webhook:
    return Webhook()


@pytest.fixture
def both(mail: MailServer, hook: Webhook) -> Iterator[None]:
    with mail.up(), hook.up():
        yield


def run(workspace: Workspace, addresses: str, *words: str) -> Result:
    place = ["--workspace", str(workspace.root)]
    result = CliRunner().invoke(main, [*place, *words], env={VARIABLE: addresses})
    assert PASSWORD not in result.output
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    for path in workspace.out.glob("outbox*"):
        assert PASSWORD.encode() not in path.read_bytes()
    return result


def left(workspace: Workspace) -> list[Kept]:
    with open_outbox(workspace.outbox) as outbox:
        return waiting(outbox)


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def tell(workspace: Workspace, *records: RunRecord) -> None:
    with open_ledger(workspace.ledger) as ledger:
        for record in records:
            ledger.write_run(record)


def alarm(workspace: Workspace, now: datetime, run_id: str = "") -> Message | None:
    with open_ledger(workspace.ledger) as ledger:
        return compose_alarm(workspace, ledger, now, run_id)


def beginning(name: str, last: str, **values: Any) -> str:
    """Return what a phrase says before the value `last`."""
    return phrase(name, **{last: "|"}, **values).partition("|")[0]


def unfolded(text: str) -> str:
    return " ".join(text.split())


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.usefixtures("both")
def test_mail_and_webhook_get_the_digest_once(
    workspace: Workspace, mail: MailServer, hook: Webhook
) -> None:
    addresses = f"{mail.address} {hook.address}"
    first = run(workspace, addresses, "notify")
    assert first.exit_code == 0, first.output
    assert phrase("notify.sent", target="the first address (E-Mail)") in first.output
    [message], [post] = mail.mails, hook.posts
    body = text_of(message)
    with open_ledger(workspace.ledger) as ledger:
        [finding] = ledger.findings()
    area, interval = area_words(finding)
    for words in (
        phrase("digest.simulated"),
        phrase("digest.came", dates=interval_words(finding.before, finding.after)),
        phrase("digest.area", area=area, interval=interval, position=finding.position),
        sentence(note(Code.REVIEW_CONFIRMED, by="RN", on="2024-01-01")),
        sentence(finding.caveats[0]),
        phrase("digest.look", finding=finding.id),
        phrase("seen.not_unchanged"),
    ):
        assert words in unfolded(body)
        assert words in unfolded(post["message"])
    what = phrase(
        "digest.title",
        place="Kyo-hwa-so No. 12, Jongo-ri (Chongo-ri)",
        kind=finding.kind,
        area=area,
    )
    title = phrase("digest.title_simulated", title=what)
    assert message["subject"] == post["title"] == title
    with open_outbox(workspace.outbox) as outbox:
        kept_files = {
            name: hashlib.sha256(content).hexdigest()
            for _, name, content in outbox.execute(sa.select(ATTACHMENTS))
        }
        assert [one.id for one in kept(outbox)] == [first.output[:13]]
    assert sorted(name.rpartition(".")[2] for name in kept_files) == ["html", "png"]
    mailed = {
        part.get_filename(): hashlib.sha256(part.get_payload(decode=True)).hexdigest()  # type: ignore[arg-type]
        for part in message.iter_attachments()
    }
    posted = {
        item["filename"]: hashlib.sha256(base64.b64decode(item["base64"])).hexdigest()
        for item in post["attachments"]
    }
    assert mailed == kept_files
    assert posted == kept_files
    again = run(workspace, addresses, "notify")
    assert again.exit_code == 0
    assert phrase("notify.nothing_sent") in again.output
    assert (len(mail.mails), len(hook.posts)) == (1, 1)


def test_what_cannot_be_delivered_waits_and_goes_out_once(
    workspace: Workspace, mail: MailServer, hook: Webhook
) -> None:
    addresses = f"{mail.address} {hook.address}"
    for _ in range(2):
        down = run(workspace, addresses, "notify")
        assert down.exit_code == 1
        assert phrase("notify.left", messages=1, outbox="out/outbox.sqlite") in down.output
        assert down.output.count(beginning("notify.stays", "reason")) == 2
    with open_outbox(workspace.outbox) as outbox:
        [message] = waiting(outbox)
        assert list(tries(outbox, message.id).values()) == [2, 2]
    with hook.up():
        half = run(workspace, addresses, "notify")
        assert half.exit_code == 1
        assert phrase("notify.sent", target="the second address (JSON)") in half.output
    with mail.up(), hook.up():
        for _ in range(2):
            assert run(workspace, addresses, "notify").exit_code == 0
    assert (len(mail.mails), len(hook.posts)) == (1, 1)
    assert not left(workspace)


@pytest.mark.usefixtures("both")
def test_a_refusal_is_no_delivery(workspace: Workspace, mail: MailServer, hook: Webhook) -> None:
    hook.status = 500
    wrong = mail.address.replace(PASSWORD, "wrong-one")
    addresses = f"{hook.address} {hook.address}&optional=yes {wrong}"
    addresses = addresses.replace("/in&", "/in?")
    refused = run(workspace, addresses, "notify")
    assert refused.exit_code == 1
    assert refused.output.count("it answered with status 500") == 2
    assert "wrong-one" not in refused.output
    hook.status = 200
    # a corrected address takes the place of the wrong one, which is dropped
    mended = run(workspace, f"{hook.address} {mail.address}", "notify")
    assert mended.exit_code == 0, mended.output
    assert "is not in the settings any more" in mended.output
    assert (len(mail.mails), len(hook.posts)) == (1, 1)


@pytest.mark.usefixtures("both")
def test_stopped_between_outbox_and_run_log_nothing_is_doubled_or_lost(
    workspace: Workspace, hook: Webhook
) -> None:
    with open_ledger(workspace.ledger) as ledger, open_outbox(workspace.outbox) as outbox:
        message = compose_digest(workspace, ledger, NOW)
        assert message is not None
        assert put(outbox, message, run_id="r1", created_at=NOW)
        assert compose_digest(workspace, ledger, NOW) == message, "same ledger, same bytes"
        assert not put(outbox, message, run_id="r2", created_at=NOW + timedelta(hours=1))
    for hours in (1, 2):  # ... and the next call makes up for what was not written
        done = notify(workspace, NOW + timedelta(hours=hours), environment={VARIABLE: hook.address})
        assert done.is_done
        assert not done.composed
    assert len(hook.posts) == 1
    with open_ledger(workspace.ledger) as ledger:
        [record] = ledger.runs(what="told")
        assert record.told == message.told
        assert not ledger.verify()


def test_two_at_once_send_once(workspace: Workspace, hook: Webhook) -> None:
    with hook.up(), ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(notify, workspace, NOW, environment={VARIABLE: hook.address})
            for _ in range(2)
        ]
        assert all(call.result().is_done for call in calls)
    assert len(hook.posts) == 1
    assert sorted(len(call.result().composed) for call in calls) == [0, 1]


def test_two_processes_at_once_send_once(
    workspace: Workspace, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, hook.address)
    hook.then = lambda: time.sleep(3)  # the other one comes meanwhile, and waits
    with hook.up():
        calls = [ended(call) for call in [start(workspace.root, "notify") for _ in range(2)]]
    assert [call.code for call in calls] == [0, 0], calls
    told, silent = sorted((call.out for call in calls), key=len, reverse=True)
    assert ["the first address (JSON)" in text for text in (told, silent)] == [True, False]
    assert len(hook.posts) == 1


def test_killed_while_it_sends_nothing_is_lost_and_only_what_was_under_way_comes_twice(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = Webhook(), Webhook(), Webhook()
    addresses = " ".join(hook.address for hook in (first, second, third))
    monkeypatch.setenv(VARIABLE, addresses)
    killed: list[subprocess.Popen[str]] = []
    second.then = lambda: killed[0].kill()
    with first.up(), second.up(), third.up():
        killed.append(start(workspace.root, "notify"))
        assert ended(killed[0]).code == -signal.SIGKILL
        assert [len(hook.posts) for hook in (first, second, third)] == [1, 1, 0]
        second.then = lambda: None
        for _ in range(2):
            done = notify(workspace, NOW + timedelta(hours=1))
            assert done.is_done, done
            assert not done.composed
    assert [len(hook.posts) for hook in (first, second, third)] == [1, 2, 1]
    assert second.posts[0] == second.posts[1] == third.posts[0]
    assert sorted(path.name for path in workspace.out.glob("outbox*")) == ["outbox.sqlite"]
    with open_ledger(workspace.ledger) as ledger:
        assert len(ledger.runs(what="told")) == 1
        assert not ledger.verify()


def test_without_addresses_the_digest_waits_for_one(workspace: Workspace, hook: Webhook) -> None:
    alone = run(workspace, "", "notify")
    assert alone.exit_code == 1
    assert VARIABLE in alone.output
    assert "notify --test" in alone.output
    with hook.up():
        assert run(workspace, hook.address, "notify").exit_code == 0
    assert len(hook.posts) == 1


def test_a_wrong_address_is_named_by_its_place_and_holds_nothing_up(
    workspace: Workspace, hook: Webhook, capfd: pytest.CaptureFixture[str]
) -> None:
    addresses = f"slak://{PASSWORD}/x {hook.address} mailto:// discord://{PASSWORD}"
    with hook.up():
        result = run(workspace, addresses, "notify")
    assert result.exit_code == 1
    assert "The first address in CAMP_MONITOR_NOTIFY is none that apprise" in result.output
    assert "The third address" in result.output
    assert len(hook.posts) == 1
    assert PASSWORD not in "".join(capfd.readouterr())


def test_no_address_sends_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    asked = {VARIABLE: f"discord://1234567890/{'a' * 60}?template={secret}"}
    found = read_addresses(NotificationSettings(), asked, tmp_path)
    assert not found.targets
    assert "names a file of its own" in found.faults[0]


def test_a_slow_server_is_waited_for(tmp_path: Path, mail: MailServer, hook: Webhook) -> None:
    # else what it took, and answered late, would be sent to it again at every call
    found = read_addresses(
        NotificationSettings(), {VARIABLE: f"{mail.address} {hook.address}?rto=7"}, tmp_path
    )
    assert not found.faults
    mailed, hooked = (target.service.request_timeout for target in found.targets)
    assert mailed == (60, 60)
    assert hooked == (16, 7)


def test_who_cannot_be_reached_is_tried_once_in_a_call(workspace: Workspace, hook: Webhook) -> None:
    notify(workspace, NOW, environment={})
    with open_outbox(workspace.outbox) as outbox:
        put(outbox, Message("heartbeat", "later", "All is well."), run_id="r", created_at=NOW)
    environment = {VARIABLE: hook.address}
    assert len(notify(workspace, NOW, environment=environment).deliveries) == 2
    with open_outbox(workspace.outbox) as outbox:
        counts = [count for one in waiting(outbox) for count in tries(outbox, one.id).values()]
    assert sorted(counts) == [0, 1]
    with hook.up():
        assert notify(workspace, NOW, environment=environment).is_done
    assert len(hook.posts) == 2


def test_addresses_of_a_file(workspace: Workspace, hook: Webhook) -> None:
    (workspace.root / "camp-monitor.toml").write_text('[notification]\nfile = "addresses"\n')
    missing = run(workspace, "", "notify", "--test")
    assert missing.exit_code == 1
    assert "is not there" in missing.output
    (workspace.root / "addresses").write_text(f"# ours\n{hook.address}\nslak://{PASSWORD}\n")
    with hook.up():
        result = run(workspace, "", "notify", "--test")
    assert result.exit_code == 1, "one line is not understood"
    assert "The file of addresses has parts that apprise does not understand" in result.output
    assert phrase("notify.took", target="The first address of the file (JSON)") in result.output
    assert len(hook.posts) == 1


def test_a_test_says_for_each_whether_it_worked(workspace: Workspace, hook: Webhook) -> None:
    addresses = f"{hook.address} json://:{PASSWORD}@127.0.0.1:{free_port()}/"
    with hook.up():
        result = run(workspace, addresses, "--json", "notify", "--test")
    assert result.exit_code == 1
    first, second = json.loads(result.output.partition("\nError")[0])["tried"]
    assert not first["error"]
    assert "no connection" in second["error"]
    assert [post["title"] for post in hook.posts] == [phrase("test.title")]
    assert not left(workspace)


def test_a_dry_run_prints_and_stores_nothing(workspace: Workspace, hook: Webhook) -> None:
    with hook.up():
        result = run(workspace, hook.address, "notify", "--dry-run")
    assert result.exit_code == 0
    assert phrase("digest.title_simulated", title="Kyo-hwa-so No. 12") in result.output
    assert not hook.posts
    assert not workspace.outbox.exists()
    with open_ledger(workspace.ledger) as ledger:
        assert not ledger.runs()


def test_a_message_is_in_the_language_of_the_settings(workspace: Workspace) -> None:
    settings = workspace.configuration.model_copy(update={"language": LanguageCode.KOREAN})
    korean = replace(workspace, configuration=settings)
    (message,) = preview(korean, NOW)
    assert message.title.startswith(phrase("digest.title_simulated", "ko", title="전거리"))
    assert name_of("kind", "construction", "ko") in message.title
    assert "전거리" in message.body
    pages = [item.content for item in message.attachments if item.name.endswith(".html")]
    assert [b'<html lang="ko">' in page for page in pages] == [True]
    assert [one.body for one in preview(korean, NOW, "en")] == [
        one.body for one in preview(workspace, NOW)
    ]


def test_what_was_changed_in_the_outbox_is_not_sent(workspace: Workspace, hook: Webhook) -> None:
    notify(workspace, NOW, environment={})
    with open_outbox(workspace.outbox) as outbox:
        [message] = waiting(outbox)
        [page, _] = outbox.scalars(sa.select(ATTACHMENTS.c.name).order_by(ATTACHMENTS.c.name))
        is_page = ATTACHMENTS.c.name == page
        outbox.execute(sa.update(ATTACHMENTS).where(is_page).values(content=b"<p>not ours</p>"))
        outbox.execute(sa.delete(ATTACHMENTS).where(~is_page))
        outbox.commit()
    with hook.up():
        done = notify(workspace, NOW, environment={VARIABLE: hook.address})
    assert hook.posts[0]["attachments"] == []
    assert len(done.deliveries[0].remarks) == 2
    # a message whose text was changed, or that names another file, is not sent at all
    other = canonical_json(message.content | {"title": "not ours"})
    outside = canonical_json(message.content | {"attachments": [{"name": "../x", "sha256": "0"}]})
    hidden = f"M{hashlib.sha256(outside.encode()).hexdigest()[:12]}"
    with open_outbox(workspace.outbox) as outbox:
        for key, content in (("M0123456789ab", other), (hidden, outside)):
            outbox.execute(MESSAGES.insert().values((key, content, "r", utc_text(NOW), "")))
        outbox.commit()
    faults = notify(workspace, NOW, environment={VARIABLE: hook.address}).faults
    assert ["M0123456789ab" in fault or hidden in fault for fault in faults] == [True, True]
    assert len(hook.posts) == 1


def test_no_licence_no_picture_and_no_picture_no_harm(workspace: Workspace) -> None:
    with open_ledger(workspace.ledger) as ledger:
        [finding], [seen] = ledger.findings(), ledger.observations()
        owned = replace(finding.after, licence="Proprietary (accredited users)", credit="An owner")
        other = replace(finding, after=owned)
        gone = replace(seen, after=owned, finding_ids=(other.id,))
        ledger.record([gone], [other], recorded_at=NOW)
        ledger.review(
            Review(other.id, "confirmed", "RN", "2024-01-01T00:00:00+00:00"), recorded_at=NOW
        )
        shutil.rmtree(workspace.imagery)
        message = compose_digest(workspace, ledger, NOW)
    assert message is not None
    assert not message.attachments
    assert phrase("picture.licence", picture="png") in unfolded(message.body)
    with open_ledger(workspace.ledger) as ledger:
        ledger.record([seen], [finding], recorded_at=NOW)
        message = compose_digest(workspace, ledger, NOW)
    assert message is not None
    assert beginning("picture.failed", "detail", picture="png") in unfolded(message.body)


@pytest.mark.parametrize(
    ("licence", "may_go"),
    [
        ("CC0-1.0", True), ("CC-BY-SA-3.0-IGO", True), ("CC BY 4.0", True), ("PDDL-1.0", True),
        ("U.S. Public Domain", True), ("CC-BY-ND-4.0", False), ("CC-BY-NC-ND-4.0", False),
        ("proprietary", False), ("", False), ("other", False), ("Accredited users only", False),
    ],
)  # fmt: skip
def test_a_licence_decides_over_pictures(licence: str, may_go: bool) -> None:
    assert is_open(replace(painted.BEFORE, licence=licence)) == may_go
    assert not is_open(painted.AFTER, replace(painted.BEFORE, licence="proprietary"))


def test_only_what_is_new_is_told(workspace: Workspace) -> None:
    environment: dict[str, str] = {}
    with open_ledger(workspace.ledger) as ledger:
        [finding] = ledger.findings()
        notify(workspace, NOW, environment=environment)
        assert compose_digest(workspace, ledger, NOW) is None
        # what one scene alone shows, and not clearly, is kept back, unless it is asked for
        alone = replace(
            finding, geometry=rectangle_deg(40, 30), kind="flooding", method="flooding/4",
            probability=0.4,
        )  # fmt: skip
        [seen] = ledger.observations()
        ledger.record(
            [replace(seen, method="flooding/4", finding_ids=(alone.id,))], [alone], recorded_at=NOW
        )
        assert compose_digest(workspace, ledger, NOW) is None
        settings = workspace.configuration.model_copy(
            update={"notification": NotificationSettings(provisional=True)}
        )
        asked = compose_digest(replace(workspace, configuration=settings), ledger, NOW)
        assert asked is not None
        assert [said for _, said in asked.told] == ["provisional"]
        # what was told as confirmed and is rejected later is told again, and then no more
        later = Review(finding.id, "rejected", "RN", "2024-01-02T00:00:00+00:00", "a shadow")
        ledger.review(later, recorded_at=NOW)
        [message] = notify(workspace, NOW, environment=environment).composed
        now_dismissed = phrase("digest.now", state=name_of("state", "dismissed"))
        assert now_dismissed in unfolded(message.body)
        assert phrase("digest.kept_back", events=1) in unfolded(message.body)
        assert compose_digest(workspace, ledger, NOW) is None


def test_what_one_scene_shows_clearly_is_told_as_unconfirmed(workspace: Workspace) -> None:
    with open_ledger(workspace.ledger) as ledger:
        notify(workspace, NOW, environment={})
        [finding], [seen] = ledger.findings(), ledger.observations()
        alone = replace(
            finding, geometry=rectangle_deg(40, 30), kind="flooding", method="flooding/4",
            probability=0.85,
        )  # fmt: skip
        look = replace(seen, method="flooding/4", finding_ids=(alone.id,))
        ledger.record([look], [alone], recorded_at=NOW)
        digest = compose_digest(workspace, ledger, NOW)
    assert digest is not None
    assert [said for _, said in digest.told] == ["provisional, strong"]
    body = unfolded(digest.body)
    assert name_of("state", "strong") in body
    assert sentence(note(Code.LACKS_SCENE)) in body


def test_of_many_events_each_is_told_but_few_in_full(workspace: Workspace) -> None:
    with open_ledger(workspace.ledger) as ledger:
        [finding], [seen] = ledger.findings(), ledger.observations()
        after = replace(finding.after, licence="proprietary", credit="An owner\x1b[31m <b>")
        many = [
            replace(
                finding,
                after=after,
                geometry=shapely.box(129.6 + n / 100, 42.5, 129.605 + n / 100, 42.505),
            )
            for n in range(30)
        ]
        named = tuple(item.id for item in many)
        ledger.record([replace(seen, after=after, finding_ids=named)], many, recorded_at=NOW)
        settings = workspace.configuration.model_copy(
            update={"notification": NotificationSettings(provisional=True)}
        )
        message = compose_digest(replace(workspace, configuration=settings), ledger, NOW)
    assert message is not None
    assert len(message.told) == 30
    assert all(name in message.body for name, _ in message.told)
    assert message.body.count(beginning("digest.confidence", "confidence")) == 12
    assert "\x1b" not in message.body
    assert len(message.body) < 32_768, "what most services take in one message"


def test_one_thing_measured_anew_is_not_news_and_one_that_went_is_withdrawn(
    workspace: Workspace,
) -> None:
    with open_ledger(workspace.ledger) as ledger:
        [finding], [seen] = ledger.findings(), ledger.observations()
        notify(workspace, NOW, environment={})
        anew = replace(finding, method="construction/9", area_m2=5900.0)
        ledger.record(
            [replace(seen, method="construction/9", finding_ids=(anew.id,))], [anew],
            recorded_at=NOW,
        )  # fmt: skip
        ledger.review(
            Review(anew.id, "confirmed", "RN", "2024-01-02T00:00:00+00:00"), recorded_at=NOW
        )
        assert [item.id for item in ledger.findings()] == [anew.id]
        assert compose_digest(workspace, ledger, NOW) is None
        nothing = replace(
            seen, method="construction/10", finding_ids=(), outcome="unchanged", reasons=()
        )
        ledger.record([nothing], [], recorded_at=NOW)
        message = compose_digest(workspace, ledger, NOW)
        assert message is not None
        assert phrase("digest.withdrawn_state") in message.body
        assert [said for _, said in message.told] == ["withdrawn"]
        notify(workspace, NOW, environment={})
        assert compose_digest(workspace, ledger, NOW) is None


def record_of(
    what: str, at: str, run_id: str = "r1", facility_id: str = "", detail: str = ""
) -> RunRecord:
    reasons = (note(Code.FAILED, error="LedgerError", detail=detail),) if detail else ()
    return RunRecord(run_id, what, f"{at}T06:00:00+00:00", facility_id, reasons=reasons)


def is_alarm(post: dict[str, Any]) -> bool:
    """Whether a message is an alarm because runs stopped."""
    causes = name_of("alarm", "stopped")
    days = (f"2024-01-{day:02}" for day in range(1, 32))
    return post["title"] in [phrase("alarm.title", on=day, causes=causes) for day in days]


def test_an_alarm_when_runs_stop_is_told_once_a_day(workspace: Workspace) -> None:
    assert alarm(workspace, NOW) is None, "a watch that never began has not stopped"
    tell(workspace, record_of("started", "2024-01-01"), record_of("ended", "2024-01-01"))
    assert alarm(workspace, NOW) is None
    late = NOW + timedelta(days=4)
    with ExitStack() as stack:
        hook = Webhook()
        stack.enter_context(hook.up())
        for hours in (0, 1, 2):
            moment = late + timedelta(hours=hours)
            assert notify(workspace, moment, environment={VARIABLE: hook.address}).is_done
        assert list(map(is_alarm, hook.posts)).count(True) == 1
        said = phrase("alarm.stopped", lasted=4, at="2024-01-01 06:00 UTC")
        assert said in unfolded(hook.posts[0]["message"])
        notify(workspace, late + timedelta(days=1), environment={VARIABLE: hook.address})
        assert list(map(is_alarm, hook.posts)).count(True) == 2
    assert alarm(workspace, datetime(2023, 1, 1, tzinfo=UTC)) is None, "a clock set back"


def test_an_alarm_when_runs_fail_or_do_not_end(workspace: Workspace) -> None:
    tell(workspace, record_of("started", "2024-01-01"))
    assert alarm(workspace, NOW - timedelta(hours=12)) is None, "it may be running"
    unfinished = alarm(workspace, NOW + timedelta(days=1))
    assert unfinished is not None
    assert unfinished.told == (("watch", "unfinished"),)
    assert phrase("alarm.unfinished", at="2024-01-01 06:00 UTC") in unfolded(unfinished.body)
    assert alarm(workspace, NOW + timedelta(days=1), run_id="r1") is None, "it asks itself"
    tell(
        workspace,
        record_of("started", "2024-01-02", "r2"),
        record_of("failed", "2024-01-02", "r2", detail="The disk is full."),
    )
    failed = alarm(workspace, NOW + timedelta(days=1), run_id="r2")
    assert failed is not None
    assert "The disk is full." in failed.body
    for number in (3, 4, 5):
        day = f"2024-01-0{number}"
        tell(
            workspace,
            record_of("started", day, f"r{number}"),
            record_of("failed", day, f"r{number}", facility_id="kls-16", detail="No \x1b[31mline."),
            record_of("ended", day, f"r{number}"),
        )
        told = alarm(workspace, NOW + timedelta(days=number - 1))
        assert (told is not None) == (number == 5)
    assert told is not None
    assert beginning("alarm.failing", "reasons", facility="kls-16", times=3) in told.body
    assert "\x1b" not in told.body


def test_a_sign_of_life_when_nothing_is_new(workspace: Workspace) -> None:
    tell(workspace, record_of("started", "2024-01-01"), record_of("ended", "2024-01-01"))
    notify(workspace, NOW, environment={})
    for day in range(2, 11):
        tell(
            workspace,
            record_of("started", f"2024-01-{day:02}", f"d{day}"),
            record_of("visited", f"2024-01-{day:02}", f"d{day}", facility_id="khs-12-jongori"),
            record_of("ended", f"2024-01-{day:02}", f"d{day}"),
        )
    with open_ledger(workspace.ledger) as ledger:
        assert compose_heartbeat(workspace, ledger, NOW + timedelta(days=6)) is None
        [message] = compose(workspace, ledger, datetime(2024, 1, 10, 12, tzinfo=UTC))
    assert message.kind == "heartbeat"
    assert phrase("heartbeat.last_run", at="2024-01-10 06:00 UTC") in message.body
    assert phrase("heartbeat.searched", on="2024-01-02", facilities=1) in message.body
    assert "khs-12-jongori (2016-09-12)" in message.body


def test_a_ledger_that_cannot_be_used_is_an_alarm(workspace: Workspace, hook: Webhook) -> None:
    (workspace.out / "ledger.sqlite").write_bytes(b"no ledger at all" * 100)
    with hook.up():
        for _ in range(2):
            result = run(workspace, hook.address, "notify")
            assert result.exit_code == 1
    assert len(hook.posts) == 1
    assert name_of("alarm", "ledger") in hook.posts[0]["title"]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.mkdir(), "cannot be opened as an outbox"),
        (lambda path: path.write_text("in the way"), "is not an outbox, nor any SQLite file"),
        (lambda path: change(path, "CREATE TABLE messages (x)"), "is damaged, .*no such column"),
    ],
)
def test_an_outbox_that_cannot_be_used_is_one_sentence(
    workspace: Workspace, spoil: Callable[[Path], object], sentence: str
) -> None:
    spoil(workspace.outbox)
    with pytest.raises(WorkspaceError, match=sentence) as caught:
        notify(workspace, NOW, environment={})
    assert str(workspace.outbox) in str(caught.value)
    assert "ledger" not in str(caught.value)
    with open_ledger(workspace.ledger) as ledger:
        assert not ledger.runs(), "and nothing counts as told"


def test_a_full_disk_keeps_what_the_outbox_holds(workspace: Workspace) -> None:
    with open_outbox(workspace.outbox) as outbox:
        put(outbox, Message("heartbeat", "first", "All is well."), run_id="r", created_at=NOW)

    def put_large() -> None:
        with open_outbox(workspace.outbox) as outbox:
            outbox.exec_driver_sql("PRAGMA max_page_count = 1")  # becomes the present size
            large = Message("digest", "second", "x" * 1_000_000)
            put(outbox, large, run_id="r", created_at=NOW)

    with pytest.raises(WorkspaceError, match="is full, so nothing more was recorded"):
        put_large()
    assert [one.content["title"] for one in left(workspace)] == ["first"]


def test_a_flipped_byte_of_the_outbox_is_a_sentence_and_sends_nothing_else(
    workspace: Workspace,
) -> None:
    page = Attachment("map.html", b"<p>" + bytes(range(256)) * 20)
    message = Message("digest", "title", "What changed. " * 100, (page,), (("E1", "confirmed"),))
    with open_outbox(workspace.outbox) as outbox:
        put(outbox, message, run_id="r", created_at=NOW)
    content = workspace.outbox.read_bytes()
    dice = random.Random(3)
    used = [place for place, byte in enumerate(content) if byte]
    outcomes = Counter[str]()
    for place in dice.sample(used, 150):
        flipped = bytearray(content)
        flipped[place] ^= 1 << dice.randrange(8)
        workspace.outbox.write_bytes(flipped)
        try:
            with open_outbox(workspace.outbox) as outbox:
                readable, faults = waiting(outbox), unreadable(outbox)
                done = deliver(outbox, (), NOW)
        except WorkspaceError:
            outcomes["refused"] += 1
            continue
        assert len(readable) + len(faults) == 1, f"lost by byte {place}"
        assert all(one.content == message.to_dict() for one in readable), place
        outcomes["not sent"] += bool(faults)
        outcomes["sent without its attachment"] += any(one.remarks for one in done)
    assert len(outcomes) == 3
    assert min(outcomes.values()) > 5, outcomes


def test_few_of_the_sent_are_kept(workspace: Workspace, hook: Webhook) -> None:
    notify(workspace, NOW, environment={})
    with open_outbox(workspace.outbox) as outbox:
        for number in range(55):
            message = Message("heartbeat", f"number {number}", "All is well.")
            put(outbox, message, run_id="r", created_at=NOW + timedelta(hours=number))
    with hook.up():
        notify(workspace, NOW, environment={VARIABLE: hook.address})
    assert len(hook.posts) == 56
    with open_outbox(workspace.outbox) as outbox:
        titles = [one.content["title"] for one in kept(outbox)]
    assert len(titles) == 50
    assert titles[-1] == "number 54"
