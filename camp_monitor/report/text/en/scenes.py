"""English: the radiometric offset of Sentinel-2, and flags that do not move with the weather."""

from camp_monitor.codes import Code

CODES: dict[Code, str] = {
    Code.BASELINE_MISSING: "The item names no processing baseline.",
    Code.BASELINE_INCONCLUSIVE: "Baseline {baseline} does not determine the offset.",
    Code.BASELINES_DISAGREE: "The item names different baselines: {baselines:list}.",
    Code.BASELINE_WITHOUT_OFFSET: "Baseline {baseline} adds no offset.",
    Code.BASELINE_WITH_OFFSET: "Baseline {baseline} adds 1000 to the digital numbers.",
    Code.OFFSET_FLAGGED_PRESENT: "The item states that the 1000 is still included.",
    Code.OFFSET_FLAGGED_SUBTRACTED: "The item states that 1000 was subtracted.",
    Code.OFFSET_FLAGS_DISAGREE: "The item's statements about the offset conflict: {flags:list}.",
    Code.OFFSET_LISTED: "The item lists an offset of -0.1 for its bands.",
    Code.OFFSET_LISTED_ZERO: "The item lists an offset of 0 for its bands.",
    Code.OFFSET_LISTED_OTHER: "The item lists an offset other than 0 and -0.1 for its bands.",
    Code.CLEAR_PIXELS_FEW: (
        "Only {clear_px:,} pixels are clear; {least_px:,} are needed to check the offset."
    ),
    Code.DARK_GROUND_MISSING: "No dark ground is visible against which to check the offset.",
    Code.SNOW_UNDER_TREES: (
        "Snow lies under the trees, so no dark ground is visible against which to check the offset."
    ),
    Code.DARK_GROUND_LOW: (
        "{low_fraction:.1%} of the clear pixels are below {below_dn} in two bands, too low for "
        "numbers that include the 1000."
    ),
    Code.PLANTS_HIGH: (
        "The darkest closed vegetation is at {darkest_dn:.0f}, too high for numbers without the "
        "1000."
    ),
    Code.DARK_GROUND_DISAGREES: (
        "Vegetation appears to include the 1000, and other dark ground does not."
    ),
    Code.BANDS_CUT_OFF: (
        "{cut_fraction:.1%} of the clear pixels are cut off at 0 or 1, as if too much was "
        "subtracted."
    ),
    Code.BANDS_DISAGREE: "Some bands appear to include the 1000, and others do not.",
    Code.SWIR_DISAGREES: (
        "The offset of the short-wave infrared band appears to differ from that of the red band."
    ),
    Code.OFFSET_FROM_PIXELS: "The offset was taken from the pixels.",
    Code.OFFSET_UNSETTLED: "The pixels contradict the item but are not conclusive.",
    Code.FLAGS_PERSISTENT: (
        "{area_m2:,.0f} m² are flagged on nearly every one of {dates} dates while their "
        "surroundings are not: not weather (probability below {chance_below:.0e})."
    ),
    Code.FLAGS_PERSISTENT_NOWHERE: (
        "No place is flagged on nearly every one of {dates} dates while its surroundings are not."
    ),
    Code.FLAGS_PERSISTENT_UNKNOWN: (
        "The {dates} dates are too few or too cloudy to distinguish persistent flags from weather."
    ),
}
