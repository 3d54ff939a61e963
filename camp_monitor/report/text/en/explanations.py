"""English: alternative explanations, and what came of examining each."""

from camp_monitor.codes import Cause, Code, Verdict

CODES: dict[Code, str] = {}

CAUSES = {
    Cause.AS_RECORDED: "as recorded",
}

VERDICTS = {
    Verdict.RULED_OUT: "ruled out",
    Verdict.POSSIBLE: "possible",
    Verdict.NOT_TESTABLE: "not testable",
}
