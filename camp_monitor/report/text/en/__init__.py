"""English texts, by topic: the texts of every other language are translated from these."""

from camp_monitor.codes import Code
from camp_monitor.report.text.en import (
    audience_phrases,
    bundle_phrases,
    claims,
    detection,
    explanations,
    figure_phrases,
    lists,
    map_phrases,
    pairs,
    report_phrases,
    scenes,
    tables,
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
        **claims.CODES,
    },
    measures=detection.MEASURES,
    causes=explanations.CAUSES,
    verdicts=explanations.VERDICTS,
    names={**NAMES, **tables.NAMES, **bundle_phrases.NAMES, **lists.NAMES, **claims.NAMES},
    phrases={
        **PHRASES,
        **map_phrases.PHRASES,
        **figure_phrases.PHRASES,
        **report_phrases.PHRASES,
        **audience_phrases.PHRASES,
        **bundle_phrases.PHRASES,
        **tables.PHRASES,
        **lists.PHRASES,
        **claims.PHRASES,
    },
)
