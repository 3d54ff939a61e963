"""English: searches, choices of dates, runs, coverage, and the states of events."""

from camp_monitor.codes import Code

CODES: dict[Code, str] = {}
