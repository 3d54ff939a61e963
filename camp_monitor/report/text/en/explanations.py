"""English: alternative explanations, and what came of examining each."""

from camp_monitor.codes import Cause, Code, Verdict

CODES = {
    Code.REGION_UNUSABLE: "No pixel of the region is usable on both dates.",
    Code.SURROUNDINGS_UNUSABLE: (
        "Too few usable pixels surround the region: {around_px} of at least {least_px}."
    ),
    Code.REFLECTANCE_NEEDED: "The image is not calibrated to reflectance.",
    Code.DECIBELS_NEEDED: "The image is not calibrated to decibels.",
    Code.GREEN_NEEDED: "The image has no green band, in which snow is detected.",
    Code.INFRARED_NEEDED: "The image has no infrared band.",
    Code.QUALITY_BAND_NEEDED: "No quality band identifies cloud on both dates.",
    Code.SEASON_UNKNOWN: (
        "A date is not known to within {longest_days:g} days, so its season is unknown."
    ),
    Code.SEASON_GAP: "Difference in season: {gap_days:.0f} d.",
    Code.CHANGED_ALIKE: "{alike_fraction:.1%} of the surrounding ground changed alike.",
    Code.VEGETATION_CHANGED: (
        "Change of the vegetation index: {region_ndvi:+z.2f} in the region, {around_ndvi:+z.2f} "
        "around it."
    ),
    Code.SHIFT_MAKES: (
        "A shift of {shift_px:.2f} pixels (residual {shift_left_px:.2f} and its error) would "
        "produce {made_fraction:.0%} of the change in a region {width_px:.0f} pixels wide."
    ),
    Code.SHIFT_UNKNOWN_MAKES: (
        "The residual shift is unknown. A shift of {shift_px:.2f} pixels would produce "
        "{made_fraction:.0%} of the change in a region {width_px:.0f} pixels wide."
    ),
    Code.ORBIT_SAME: (
        "Both dates are from relative orbit {orbit}, so the ground was viewed from the same side."
    ),
    Code.VIEW_UNKNOWN: "The view angle is not known for both dates.",
    Code.VIEW_DISPLACES: (
        "Viewed {before_off_nadir_deg:.0f}° and {after_off_nadir_deg:.0f}° off nadir, "
        "{height_m:.0f} m of height may be displaced by the width of the region, {width_m:.0f} m."
    ),
    Code.VIEW_DISPLACES_LESS: (
        "Viewed {before_off_nadir_deg:.0f}° and {after_off_nadir_deg:.0f}° off nadir, even "
        "{height_m:.0f} m of height is displaced by at most {displaced_m:.1f} m; the region is "
        "{width_m:.0f} m wide."
    ),
    Code.PLATFORM_SAME: "Both dates are from satellite {platform:platform}.",
    Code.PLATFORM_DIFFERS: (
        "The satellites are {before_platform:platform} and {after_platform:platform}."
    ),
    Code.PLATFORM_UNKNOWN: "The satellite is unknown ({which:name}).",
    Code.BASELINE_SAME: "Both dates were processed with baseline {baseline}.",
    Code.BASELINE_DIFFERS: ("The processing baselines are {before_baseline} and {after_baseline}."),
    Code.BASELINE_UNKNOWN: "The processing baseline is unknown ({which:name}).",
    Code.OFFSET_DIFFERS: (
        "Radiometric offset: {before_offset:offset_kind} before, {after_offset:offset_kind} after."
    ),
    Code.CHANGED_AROUND: (
        "The surroundings changed by {around_fraction:.0%} of the change in the region; a "
        "processing step changes all ground alike."
    ),
    Code.SHADOW_LIKE: (
        "{shaded_fraction:.0%} of the region lost or gained light in all bands alike."
    ),
    Code.SHADOW_UNLIKE: "The change is not that of a shadow, which dims all bands alike.",
    Code.BANDS_CHANGED: (
        "Change in brightness: {low_fraction:+z.0%} in {low_band} to {high_fraction:+z.0%} in "
        "{high_band}."
    ),
    Code.ONE_BAND_CHANGED: "Change in brightness: {change_fraction:+z.0%} in {band}.",
    Code.SUN_POSITION_UNKNOWN: "The position of the sun is not known for both dates.",
    Code.SHADOW_MOVED: (
        "With the sun at {before_elevation_deg:.0f}° and {after_elevation_deg:.0f}° elevation, the "
        "shadow of {height_m:.0f} m of height moved by the width of the region, {width_m:.0f} m."
    ),
    Code.SHADOW_MOVED_LESS: (
        "With the sun at {before_elevation_deg:.0f}° and {after_elevation_deg:.0f}° elevation, the "
        "shadow of 100 m of height moved by only {moved_m_per_100_m:.1f} m; the region is "
        "{width_m:.0f} m wide."
    ),
    Code.CASTER_FOUND: (
        "An object {brighter_fraction:.0%} brighter than the surroundings stands towards the sun."
    ),
    Code.CASTER_MISSING: "No brighter object stands towards the sun.",
    Code.SNOW_FLAGGED: "Snow is flagged {distance_m:.0f} m away on one of the dates.",
    Code.SNOW_LIKE: (
        "Bright in green and dark at 1.6 µm, as snow is: {before_fraction:.0%} of the region "
        "before, {after_fraction:.0%} after."
    ),
    Code.SNOW_LIKE_IN_GREEN: (
        "Bright in green, as snow is: {before_fraction:.0%} of the region before, "
        "{after_fraction:.0%} after; without a band at 1.6 µm, bright roofs look the same."
    ),
    Code.GREEN_BRIGHTEST: "The bright parts of the region reflect {reflectance:.2f} in green.",
    Code.CLOUD_NEAR: (
        "The nearest flagged cloud or shadow is {distance_m:.0f} m away; {near_fraction:.0%} of "
        "the region lies within {near_m:.0f} m of one."
    ),
    Code.CLOUD_NOT_FLAGGED: (
        "No cloud or shadow is flagged on either date within the {window_km:.2g} km read."
    ),
    Code.MOISTURE_REFLECTANCE: (
        "Change in {band}: {region_fraction:+z.0%} in the region, {around_fraction:+z.0%} around "
        "it. Soil moisture changes both in the same direction, the surroundings by "
        "{least_fraction:.0%} or more and the region by a factor of {most_factor:g} at most."
    ),
    Code.SNOW_BACKSCATTER: (
        "Change in backscatter: {region_db:+z.1f} dB in the region, {around_db:+z.1f} dB around "
        "it. Wet snow lowers all ground by {least_db:g} dB or more."
    ),
    Code.SNOW_ON_DATE: "This fits wet snow on the {which:name} date.",
    Code.MOISTURE_BACKSCATTER: (
        "Change in backscatter: {region_db:+z.1f} dB in the region, {around_db:+z.1f} dB around "
        "it. Soil moisture changes both in the same direction, the surroundings by {least_db:g} dB "
        "or more and the region by {most_db:g} dB more than them at most."
    ),
    Code.POLARISATION_GAP: (
        "Around the region, VH is {before_db:.1f} dB below VV before and {after_db:.1f} dB after; "
        "interference changes this by {least_db:g} dB or more."
    ),
    Code.ROW_STRIPE: (
        "Along the rows of the region, the ground beside it is brighter by {stripe_db:.1f} dB on "
        "one date only; a stripe of interference stands out by {least_db:g} dB or more."
    ),
    Code.ROWS_UNUSABLE: "Too little ground is usable beside the region along its rows.",
    Code.SHIFT_TAKEN: (
        "The shift between the sensors is not measured; {shift_px:g} pixels are assumed at either "
        "edge of a region {width_px:.0f} pixels wide."
    ),
    Code.VEGETATION_ON_DATE: (
        "Only radar shows water here. Vegetation index on the {which:name} date: "
        "{region_ndvi:z.2f}; tarmac and dry sand stay below {least_ndvi:g}."
    ),
    Code.WATER_TO_LIGHT_ALONE: (
        "Only the optical image shows water here, as dark roofs, asphalt and shadow may look; "
        "water roughened by wind is bright in radar."
    ),
}

CAUSES = {
    Cause.AS_RECORDED: "as recorded",
    Cause.SHADOW: "shadow",
    Cause.SNOW: "snow",
    Cause.SEASON: "season",
    Cause.SOIL_MOISTURE: "soil moisture",
    Cause.RESIDUAL_MISREGISTRATION: "residual misregistration",
    Cause.CLOUD_EDGE: "cloud edge",
    Cause.VIEW_ANGLE: "view angle",
    Cause.PROCESSING: "processing",
    Cause.RADIO_INTERFERENCE: "radio interference",
    Cause.TWO_SENSORS: "difference between sensors",
}

VERDICTS = {
    Verdict.RULED_OUT: "ruled out",
    Verdict.POSSIBLE: "possible",
    Verdict.NOT_TESTABLE: "not testable",
}
