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
    "where": {
        "search_area": "the search area",
        "like_ground": "the search area and similar ground around it",
    },
    # alternative explanations
    "offset_kind": {
        "none": "absent",
        "to_subtract": "to be subtracted",
        "subtracted": "already subtracted",
        "unknown": "unknown",
        "": "set by the user",
    },
}
"""By list, then by code."""
