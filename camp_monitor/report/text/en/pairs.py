"""English: why two scenes are not compared, and what weakens a pair."""

from camp_monitor.codes import Code

CODES = {
    Code.OTHER_SENSOR: (
        "{before} is from {before_sensor:sensor} and {after} from {after_sensor:sensor}: only "
        "scenes of one sensor are compared, or one optical and one radar scene for floods; choose "
        "two of the same sensor."
    ),
    Code.OTHER_QUANTITY: (
        "{before} holds {before_quantity:quantity} and {after} {after_quantity:quantity}: their "
        "values are not comparable; choose two scenes of the same processing."
    ),
    Code.OTHER_BANDS: (
        "{before} has the bands {before_bands:list} and {after} {after_bands:list}: add both "
        "scenes with the same bands."
    ),
    Code.DATES_OVERLAP: (
        "The before scene {before} ({before_dates}) does not end before the after scene {after} "
        "({after_dates}) begins: swap them or choose others."
    ),
    Code.ONE_PASS: (
        "{before} and {after} are of one pass of one satellite ({on}) and show the same moment: "
        "choose scenes of two passes."
    ),
    Code.OFFSET_UNKNOWN: (
        "The radiometric offset of {scene} could not be determined ({why:offset}): choose another "
        "scene."
    ),
    Code.ORBIT_UNKNOWN: (
        "The orbit of {scene} is unknown, and radar scenes are compared within one orbit only: "
        "add the scene with --item ITEM.json."
    ),
    Code.OTHER_ORBIT: (
        "{before} is from relative orbit {before_orbit} and {after} from {after_orbit}: radar "
        "scenes are compared within one orbit only."
    ),
    Code.OTHER_GEOCODING: (
        "{scene} was geocoded at a single height and {other} was not geocoded by this program: "
        "terrain displaces them differently; fetch both."
    ),
    Code.OTHER_NOISE: (
        "Thermal noise was not subtracted from {scene} but was from the other scene, so calm "
        "water differs between them: choose another scene."
    ),
    Code.HEIGHTS_APART: (
        "{before} and {after} were geocoded at heights of {before_height_m:.0f} and "
        "{after_height_m:.0f} m, which displaces them by {displaced_m:.0f} m relative to each "
        "other, and the shift between them could not be measured: use two other dates."
    ),
    Code.PLATFORM_SHIFT_UNKNOWN: (
        "{before} is from {before_platform:platform} and {after} from {after_platform:platform}, "
        "whose products may lie a few pixels apart, and the shift between them could not be "
        "measured ({agreeing_groups} of {groups} parts of the window agree): use two scenes of one "
        "satellite."
    ),
    Code.PLATFORM_SHIFT_LONG: (
        "{before} is from {before_platform:platform} and {after} from {after_platform:platform}, "
        "and they lie {shift_found_px:.1f} pixels apart; at most {most_px:g} are allowed: use two "
        "scenes of one satellite."
    ),
    Code.NOTHING_USABLE: (
        "{scene} ({dates}) has no usable pixel in the search area: the area is outside the scene, "
        "empty, or under cloud; choose another scene."
    ),
    Code.TOO_FEW_IN_COMMON: (
        "{before} and {after} have only {common_px} usable pixels in common; {least_px} are "
        "needed: choose other scenes."
    ),
    Code.NO_CONTENT: (
        "{scene} holds no picture of the ground: {empty_fraction:.0%} of it is one number over and "
        "over, or noise, as a saturated or damaged file has it; get the file again, or choose "
        "another scene."
    ),
    Code.SHIFT_LEFT: (
        "{before} and {after} are still {shift_left_px:.2f} pixels apart after co-registration; "
        "at most {most_px:g} are allowed: use better aligned scenes."
    ),
    Code.SHIFT_UNKNOWN: (
        "The shift between the two dates could not be measured; edges may appear as change."
    ),
    Code.SHIFT_NOT_MEASURED: (
        "Optical and radar images do not show the same edges, so the shift between the dates was "
        "not measured; the georeferencing of both was trusted."
    ),
    Code.CLOUD_UNSCREENED: (
        "No quality band: cloud, haze and cloud shadow were not screened and may appear as change."
    ),
    Code.CLOUD_SCREENED_BY: (
        "No quality band: cloud and cloud shadow were screened by a neural network ({model}), "
        "which misses thin cloud and may take dark water for shadow."
    ),
    Code.UNCALIBRATED: "The images are not calibrated: only contrasts within each date were used.",
    Code.SEASON_APART: (
        "The two dates are {gap_days:.0f} days apart in the season: crops, snow, sun and water "
        "level differ."
    ),
    Code.TERRAIN_REMAINS: (
        "Terrain was not corrected: ground above or below {height_m:.0f} m is displaced by up to "
        "{displaced_m_per_100_m:.0f} m per 100 m, equally on both dates."
    ),
    Code.TERRAIN_REMAINS_APART: (
        "Terrain was not corrected: ground above or below {before_height_m:.0f} and "
        "{after_height_m:.0f} m (the heights of the two dates) is displaced by up to "
        "{displaced_m_per_100_m:.0f} m per 100 m. The dates are {displaced_m:.0f} m apart for "
        "this reason, of which the measured shift of {shift_found_px:.1f} pixels is corrected."
    ),
    Code.TERRAIN_REMAINS_IN_RADAR: (
        "Terrain was not corrected in the radar scene {scene}: ground above or below "
        "{height_m:.0f} m is displaced by up to {displaced_m_per_100_m:.0f} m per 100 m from where "
        "the optical scene shows it."
    ),
    Code.OTHER_PLATFORM: (
        "The scenes are from {before_platform:platform} and {after_platform:platform}, whose "
        "products may lie a few pixels apart: {shift_found_px:.1f} pixels were measured over the "
        "whole window, and the shift may be larger on slopes."
    ),
    Code.SUN_UNKNOWN: (
        "The sun angles of {scene} are unknown: shadows of slopes and buildings may differ between "
        "the dates and appear as change."
    ),
    Code.SUN_BELOW_HORIZON: (
        "The sun was below the horizon on {dates} of the 2 dates: little of the ground was lit."
    ),
    Code.SUN_LOW: (
        "The sun was only {elevation_deg:.0f} degrees high on {dates} of the 2 dates: a slope or "
        "building casts a shadow {shadow_per_height:.1f} times its height, in which change is hard "
        "to see."
    ),
    Code.SUN_MOVED: (
        "The sun was {before_elevation_deg:.0f} degrees high before and {after_elevation_deg:.0f} "
        "after, {azimuth_apart_deg:.0f} degrees apart in azimuth: shadows of slopes and buildings "
        "moved and may appear as change."
    ),
    Code.VIEW_UNKNOWN_OF_ONE: (
        "One date was viewed {off_nadir_deg:.0f} degrees off nadir, which displaces 100 m of "
        "height by up to {displaced_m:.0f} m; the view angle of {scene} is unknown."
    ),
    Code.VIEW_TILTED: (
        "The ground was viewed up to {off_nadir_deg:.0f} degrees off nadir: 100 m of height that "
        "the provider's terrain model lacks are displaced by up to {displaced_m:.0f} m."
    ),
    Code.VIEWS_APART: (
        "The two dates were viewed {before_off_nadir_deg:.0f} and {after_off_nadir_deg:.0f} "
        "degrees off nadir: 100 m of height may lie up to {displaced_m:.0f} m apart between them."
    ),
    Code.VIEWS_MAY_BE_APART: (
        "The two dates were viewed {before_off_nadir_deg:.0f} and {after_off_nadir_deg:.0f} "
        "degrees off nadir: 100 m of height may lie up to {displaced_m:.0f} m apart between them "
        "if they were viewed from opposite sides, which is unknown."
    ),
}
