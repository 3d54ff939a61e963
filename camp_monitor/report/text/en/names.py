"""English: names of kinds, outcomes, positions and other short lists."""

NAMES = {
    "kind": {
        "construction": "New construction",
        "built_up": "New built-up ground or earthworks",
        "demolition": "Demolition",
        "flooding": "Flooding",
        "flood_recession": "Flood recession",
        "water_gain": "Lasting water gain",
        "water_loss": "Lasting water loss",
        "clearing": "Vegetation cleared",
        "perimeter_change": "Perimeter changed",
        "other": "Other change",
    },
    "question": {
        "flooding": "Flooding and lasting water",
    },
    "confidence": {"low": "low", "medium": "medium", "high": "high"},
    "verdict": {
        "confirmed": "confirmed by review",
        "rejected": "rejected by review",
        "unsure": "unsure after review",
        "unreviewed": "not reviewed",
    },
    "basis": {
        "drawn": "drawn by an analyst",
        "published": "published as a polygon",
        "derived": "derived from a published size",
        "placeholder": "placeholder: no size is published",
    },
    "outcome": {"changed": "Changed", "unchanged": "Unchanged", "not_seen": "Not seen"},
    "position": {
        "inside": "mostly inside the outline",
        "within_error": "mostly outside the outline, but within its stated error",
        "outside": "mostly outside the outline and its error",
    },
    "quantity": {
        "reflectance": "surface reflectance",
        "sigma0_db": "radar backscatter sigma0 in decibels",
        "gamma0_db": "radar backscatter gamma0 in decibels",
        "sigma0_power": "radar backscatter sigma0 in linear power",
        "gamma0_power": "radar backscatter gamma0 in linear power",
        "dn8": "uncalibrated 8-bit values",
        "amplitude8": "8-bit radar amplitudes",
        "dn16": "uncalibrated 16-bit values",
    },
    "flags": {
        "nodata": "no data",
        "cloud": "cloud",
        "shadow": "cloud shadow",
        "cirrus": "thin cloud",
        "snow": "snow",
        "saturated": "defective pixels",
    },
    "name": {"before": "before", "after": "after"},
    "thing": {"building": "building", "water": "water body"},
    "where": {"scenes": "these scenes", "middle": "the middle of these scenes"},
    # alternative explanations
    "offset_kind": {
        "none": "absent",
        "to_subtract": "to be subtracted",
        "subtracted": "already subtracted",
        "unknown": "unknown",
        "": "set by the user",
    },
    # scenes
    "platform": {
        "unknown": "an unknown satellite",
        **{
            f"sentinel-{mission}{unit}": f"Sentinel-{mission}{unit.upper()}"
            for mission in (1, 2)
            for unit in "abcd"
        },
    },
    "offset": {
        "as_recorded": "the reason is in the catalogue",
        "baseline_missing": "no processing baseline",
        "baseline_inconclusive": "a baseline that does not determine it",
        "baselines_disagree": "two different baselines",
        "baseline_without_offset": "a baseline without offset",
        "baseline_with_offset": "a baseline with an offset",
        "offset_flagged_present": "stated to be included",
        "offset_flagged_subtracted": "stated to be subtracted",
        "offset_flags_disagree": "conflicting statements in the item",
        "offset_listed": "listed as -0.1",
        "offset_listed_zero": "listed as 0",
        "offset_listed_other": "listed as another value",
        "clear_pixels_few": "too few clear pixels",
        "dark_ground_missing": "no dark ground to check it",
        "snow_under_trees": "snow under the trees",
        "dark_ground_low": "dark ground without it",
        "plants_high": "vegetation with it",
        "dark_ground_disagrees": "vegetation with it and other dark ground without",
        "bands_cut_off": "pixels cut off at 0 or 1",
        "bands_disagree": "some bands with it and others without",
        "swir_disagrees": "short-wave infrared different from red",
        "offset_unsettled": "inconclusive pixels",
    },
}
"""By list, then by code."""
