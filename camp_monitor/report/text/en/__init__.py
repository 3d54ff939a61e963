"""English texts, by topic; the place of a second language is a package like this one beside it."""

from camp_monitor.codes import Code
from camp_monitor.report.text.en import (
    detection,
    explanations,
    figure_phrases,
    pairs,
    report_phrases,
    scenes,
    watch,
)
from camp_monitor.report.text.en.names import NAMES
from camp_monitor.report.text.en.phrases import PHRASES
from camp_monitor.report.text.language import Language

ENGLISH = Language(
    codes={
        Code.AS_RECORDED: "{text}",
        **pairs.CODES,
        **detection.CODES,
        **explanations.CODES,
        **scenes.CODES,
        **watch.CODES,
    },
    measures=detection.MEASURES,
    causes=explanations.CAUSES,
    verdicts=explanations.VERDICTS,
    names=NAMES,
    phrases={**PHRASES, **figure_phrases.PHRASES, **report_phrases.PHRASES},
)
