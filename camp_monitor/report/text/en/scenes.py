"""English: what is said of scenes, of their radiometric offset, and of files."""

from camp_monitor.codes import Code

CODES: dict[Code, str] = {}
