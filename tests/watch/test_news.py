"""News from what is kept of events: never other news than all records give."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from camp_monitor.events.kept import DERIVED
from camp_monitor.ledger import derived
from camp_monitor.ledger.derived import derived_file
from camp_monitor.ledger.dialects import make_engine
from camp_monitor.ledger.opening import open_ledger
from camp_monitor.records.review import utc_text
from camp_monitor.records.run import RunRecord
from camp_monitor.watch import news
from camp_monitor.watch.news import told_before, what_is_new
from tests.ledger.test_lists import AT, STEPS, Step, new_ledger, take
from tests.watch.painted import PLACES


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, data=st.data())
def test_news_are_those_of_all_records(steps: list[Step], data: st.DataObject) -> None:
    with new_ledger() as ledger:
        for number, step in enumerate(steps):
            take(ledger, number, step)
            provisional = data.draw(st.booleans())
            found = what_is_new(ledger, provisional=provisional)
            assert found == news._news_of(ledger, None, told_before(ledger), provisional)
            tell: bool = data.draw(st.booleans())
            if found.items and tell:
                told = tuple((item.id, item.said) for item in found.items)
                at = utc_text(AT + timedelta(hours=number))
                ledger.write_run(RunRecord(f"run{number}", "told", at, told=told))


def test_after_a_run_the_events_of_its_places_are_kept(whole: Path) -> None:
    with open_ledger(whole / "out" / "ledger.sqlite") as ledger:
        engine = make_engine(derived_file(Path(str(ledger.place)), DERIVED), 1.0)
        assert derived._stale(ledger, DERIVED, engine, PLACES) == []
        engine.dispose()
