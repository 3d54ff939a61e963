"""English: what a detector cannot answer, did not see, or may confuse; and what was measured."""

from camp_monitor.codes import Code, Measure
from camp_monitor.report.text.language import Measured

CODES = {
    Code.NEEDS_ONE_SENSOR: (
        "Only water is compared between an optical and a radar scene ({before_bands:list} and "
        "{after_bands:list}): use two scenes of one sensor."
    ),
    Code.CONSTRUCTION_NEEDS_BANDS: (
        "Construction cannot be detected in the bands {bands:list} at {pixel_m:g} m: use scenes "
        "with short-wave infrared, or pixels of at most {most_m:g} m."
    ),
    Code.CONSTRUCTION_NEEDS_FINE_PIXELS: (
        "Roofs and earthworks are detected in optical scenes with pixels under {under_m:g} m; "
        "these have {pixel_m:g} m: use finer scenes."
    ),
    Code.RADAR_SITES_NEED_FINE_PIXELS: (
        "Building sites cannot be detected in radar pixels of {pixel_m:g} m: use pixels of at most "
        "{most_m:g} m."
    ),
    Code.MOST_LAND_CHANGED: (
        "More than {most_fraction:.0%} of the land changed between the dates: construction cannot "
        "be distinguished from seasonal change; use two dates of the same season."
    ),
    Code.RADAR_NEEDS_UNIT: (
        "Radar change cannot be detected in {quantity:quantity}: use scenes calibrated to "
        "decibels, or 8-bit amplitudes."
    ),
    Code.WATER_NEEDS_BANDS: (
        "Water cannot be detected in the bands {bands:list}: use scenes with green and "
        "near-infrared or short-wave infrared bands."
    ),
    Code.WATER_NEEDS_UNIT: (
        "Water cannot be detected in radar scenes of {quantity:quantity}: use scenes calibrated to "
        "decibels, or 8-bit amplitudes."
    ),
    Code.METHODS_DISAGREE: (
        "Methods disagree: the detector called no change (0% of the ground), and a plain "
        "comparison of the two images sees change on {plain_fraction:.0%} ({least_fraction:.0%} "
        "is enough to doubt). Something changed that is not understood: look at both images."
    ),
    Code.NOTHING_IN_COMMON: (
        "The two images show nothing in common (correlation {peak:.1f} times its usual spread, "
        "{least_peak:g} are needed): one may be damaged or of another place, or nearly all ground "
        "looks different, so that nothing called is no proof of nothing changed. Look at both "
        "images."
    ),
    Code.WATER_UNTOLD: (
        "Water cannot be distinguished from land: a scene is under cloud or shows a single smooth "
        "surface in {bands:list} ({quantity:quantity}); choose another."
    ),
    Code.WATER_MAPS_DISAGREE: (
        "The optical and the radar image disagree on where water is: only {before_fraction:.0%} of "
        "the water before appears after, and {after_fraction:.0%} of that after appeared before, "
        "where one of the two should be {least_fraction:.0%} or more; use two scenes of one sensor."
    ),
    Code.USUAL_WATER_MISSING: (
        "Only {found_fraction:.0%} of the permanent water appears as water; "
        "{least_fraction:.0%} is needed to detect a flood: choose another scene, or check that the "
        "reference is in the right place."
    ),
    Code.ONLY_SPECKLE: (
        "Land and water cannot be distinguished in the {which:name} image: it holds only speckle, "
        "without a unit; use a larger window, or scenes in decibels."
    ),
    Code.PAINTING_NEEDS_UNIT: (
        "The appearance of water in uncalibrated images ({quantity:quantity}) is unknown, so none "
        "was simulated: use scenes of reflectance or decibels."
    ),
    Code.NOTHING_TO_PAINT_ON: (
        "No ground is usable on the after date, so no structure can be simulated: use another."
    ),
    Code.UNUSABLE: "unusable in one or both images ({flags:flags})",
    Code.AT_WATER: "construction is not detected at the edge of water or where water was",
    Code.AT_WATER_IN_RADAR: "construction is not detected on water of either date",
    Code.UNDER_CLOUD_OR_SMOOTH: ("under thick cloud, or too smooth to distinguish water from land"),
    Code.BARE_GROUND: "Bare, ploughed or cleared ground can look like a building site.",
    Code.BECAME_UNTOLD: (
        "The images are not calibrated to reflectance, so the new land cover was not identified: "
        "field, forest, water or building."
    ),
    Code.CAUSE_UNTOLD: (
        "The ground changed, but in pixels of this size and without short-wave infrared, the cause "
        "was not identified: building, earthworks, ploughing, clearing or crops."
    ),
    Code.RADAR_TWO_SIDED: (
        "Radar backscatter changes with water, moisture, crops, ships and building alike: it does "
        "not show what changed."
    ),
    Code.RADAR_SITES: (
        "Felling, ploughing, flooding and parked vehicles can change radar backscatter as building "
        "does."
    ),
    Code.LIKE_EARTHWORKS: ("Ploughed, cleared or newly planted ground can look like earthworks."),
    Code.FEW_EDGES: (
        "The two dates have few edges in common, so their colours could not be compared: new "
        "structure alone decides, and orchards, crop rows or harder shadows can look like it."
    ),
    Code.SMALL_THINGS: (
        "Vehicles, stacks, haystacks and new shadows can look like small structures."
    ),
    Code.LIKE_ROOFS: "Lorries, stacks, tents and paved yards can look like roofs.",
    Code.ROOFS_UNTOLD: (
        "New roofs were not distinguished from other works: the pixels are too large."
    ),
    Code.PIXEL_SIZE_DOUBTFUL: (
        "Edges in the scene look like those of pixels of about {edges_m:.1f} m, not {pixel_m:g} m: "
        "areas may be wrong."
    ),
    Code.ONE_DATE: (
        "One date and a reference: permanent water that is newer than the reference (a pond, a "
        "reservoir) looks like a flood."
    ),
    Code.WATER_NOT_PARTED: (
        "The images are not calibrated, and land and water do not separate clearly on both dates: "
        "small or turbid water may be missed."
    ),
    Code.LIKE_WATER: "Dark roofs, asphalt and shadow can look like water.",
    Code.LIKE_WATER_IN_RADAR: (
        "Smooth tarmac, dry sand, wet snow and radar shadow look like water in radar; water "
        "between buildings or roughened by wind does not."
    ),
    Code.LIKE_WATER_TO_ONE_SENSOR: (
        "Seen by two sensors: dry sand, smooth tarmac, wet snow and shadow look like water in "
        "radar alone; dark roofs, asphalt and cloud shadow in optics alone; water roughened by "
        "wind only in optics."
    ),
    Code.WATER_MAPS_UNCHECKED: (
        "The optical and the radar image could not be checked against each other: one of them "
        "shows too little water (under {least_px} pixels away from its edges)."
    ),
    Code.PAIR_FLOODING: (
        "One pair cannot distinguish a flood from new permanent water (a pond, a reservoir): a "
        "later image decides."
    ),
    Code.PAIR_FLOOD_RECESSION: (
        "One pair cannot distinguish the end of a flood from usual low water: an earlier image "
        "decides."
    ),
    Code.PAIR_WATER_GAIN: (
        "The two dates are more than a year apart: when the water came, and whether it came and "
        "went in between, is unknown."
    ),
    Code.PAIR_WATER_LOSS: (
        "The two dates are more than a year apart: when the water went, and whether it came and "
        "went in between, is unknown."
    ),
    Code.HEIGHTS_FROM: "Slopes are from the height model {file}.",
    Code.HEIGHTS_MISSING: (
        "No height is known for {missing_fraction:percent} of the search area, where steep ground "
        "may be taken for water."
    ),
    Code.GROUND_CREDIT: "Credit of {file}: {credit}.",
    Code.USUAL_WATER_FROM: "Permanent water is from the reference {file}.",
    Code.USUAL_WATER_UNKNOWN: (
        "Permanent water is unknown for {missing_fraction:percent} of the search area, where it "
        "may be taken for new water."
    ),
    Code.GOES_ON: "The change continues beyond the search area.",
    Code.UNTESTED: (
        "Not validated: no labelled images for this method. Its probability is that of other "
        "methods with similar evidence."
    ),
    Code.EARLIER_DATES: "False alarms here were counted between {first} and {second}.",
    Code.WORKING_POINT: (
        "Sensitivity {sensitivity}. {kind:kind}: on the labelled images by which the method was "
        "chosen, {precision:percent} of the findings were real ({findings:,} findings), and "
        "{recall:percent} of the changes were found. Elsewhere, expect less."
    ),
    Code.WORKING_POINT_OWN: "Findings count from a probability of {least:percent} on.",
    Code.LIMIT_UNMEASURED: (
        "The detection limit could not be measured: too little of the ground was seen, unchanged "
        "and dry."
    ),
    Code.LIMIT: (
        "Detection limit: a new {thing:thing} of {area_m2:,.0f} m² or more would have been found "
        "in 9 of 10 trials ({low_m2:,.0f} to {high_m2:,.0f} m²); {trials:,} were simulated in "
        "{where:where} and searched for."
    ),
    Code.LIMIT_OPEN: (
        "Detection limit: a new {thing:thing} of {area_m2:,.0f} m² or more would have been found "
        "in 9 of 10 trials ({low_m2:,.0f} to more than {largest_m2:,.0f} m²); {trials:,} were "
        "simulated in {where:where} and searched for."
    ),
    Code.LIMIT_BEYOND: (
        "Detection limit: even a new {thing:thing} of {largest_m2:,.0f} m² would have been missed "
        "in more than 1 of 10 trials; {trials:,} were simulated in {where:where} and searched for."
    ),
}

MEASURES = {
    Measure.STRENGTH: Measured(
        "Strength", "{value:.2f} times the threshold (median of the region)"
    ),
    Measure.REGION_PX: Measured("Size", "{value:.0f} pixels"),
    Measure.PIXEL_M: Measured("Pixel size", "{value:.3g} m"),
    Measure.SHIFT_FOUND_PX: Measured("Shift between the dates", "{value:.2f} pixels"),
    Measure.SHIFT_LEFT_PX: Measured("Residual shift", "{value:.2f} pixels"),
    Measure.CHANGED_FRACTION: Measured("Changed share of the scene", "{value:.0%}"),
    Measure.CORRELATION: Measured("Canonical correlation", "{value:.2f}"),
    Measure.EDGES_IN_COMMON: Measured("Correlation of edges", "{value:.2f}"),
    Measure.COLOUR_WEIGHT: Measured("Weight of colour against new edges", "{value:.2f}"),
    Measure.EDGE_FROM: Measured("Threshold of new edges", "{value:g} spreads of the gradients"),
    Measure.CHANGE_FROM_DB: Measured("Threshold of change", "{value:.2f} dB"),
    Measure.USUAL_CHANGE_DB: Measured("Usual change", "{value:.2f} dB"),
    Measure.WATER_INDEX_FROM: Measured("Threshold of the water index", "{value:.2f}"),
    Measure.BRIGHT_GROUND: Measured("Bright ground", "{value:.3g}"),
    Measure.WATER_BELOW: Measured("Open water below", "{value:g} of the amplitude of land"),
    Measure.WATER_DEPTH: Measured("Least depth of water below land", "{value:.3g} digital numbers"),
    Measure.WATER_BELOW_DB: Measured("Open water below", "{value:g} dB"),
    Measure.WATER_FRACTION: Measured("Water in the image", "{value:.1%}"),
    Measure.WATER_IN_COMMON_FRACTION: Measured("Water that both sensors show", "{value:.0%}"),
    Measure.FALL_FROM: Measured(
        "Least fall of a region", "{value:g} of the least depth of water below land"
    ),
    Measure.SPECKLE_SLOPE: Measured(
        "Growth of speckle with brightness", "{value:.2f} (0: decibels, 1: amplitude)"
    ),
    Measure.FALL_FROM_DB: Measured("Least fall", "{value:g} dB"),
    Measure.STEEPEST_DEG: Measured("Steepest ground that may be water", "{value:g}°"),
    Measure.USUAL_WATER_FRACTION: Measured(
        "Permanent water left out", "{value:.1%} of what was seen"
    ),
    Measure.USUAL_WATER_FOUND_FRACTION: Measured("Permanent water found", "{value:.0%}"),
    Measure.AROUND_REGIONS: Measured("Regions called in the surroundings", "{value:.0f}"),
    Measure.AROUND_KM2: Measured("Surroundings seen", "{value:.2g} km²"),
    Measure.AROUND_FRACTION: Measured("Share of the surroundings called", "{value:.2%}"),
    Measure.EARLIER_REGIONS: Measured("Regions called here between earlier dates", "{value:.0f}"),
    Measure.EARLIER_KM2: Measured("Ground seen between earlier dates", "{value:.2g} km²"),
    Measure.EARLIER_FRACTION: Measured("Share called between earlier dates", "{value:.2%}"),
}
