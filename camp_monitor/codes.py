"""Codes and numbers: what a refusal, a caveat or an examination says, before anyone reads it.

A record holds members of these enumerations and the numbers that go with them, never a sentence.
`camp_monitor.report.text` makes the sentence when something is shown, in the language asked for.
"""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Every reason, refusal and caveat."""

    AS_RECORDED = "as_recorded"
    """A sentence of a ledger of schema 1 to 3, as it stands there."""

    # two scenes that are not compared
    OTHER_SENSOR = "other_sensor"
    OTHER_QUANTITY = "other_quantity"
    OTHER_BANDS = "other_bands"
    DATES_OVERLAP = "dates_overlap"
    ONE_PASS = "one_pass"
    OFFSET_UNKNOWN = "offset_unknown"
    ORBIT_UNKNOWN = "orbit_unknown"
    OTHER_ORBIT = "other_orbit"
    OTHER_GEOCODING = "other_geocoding"
    OTHER_NOISE = "other_noise"
    HEIGHTS_APART = "heights_apart"
    PLATFORM_SHIFT_UNKNOWN = "platform_shift_unknown"
    PLATFORM_SHIFT_LONG = "platform_shift_long"
    NOTHING_USABLE = "nothing_usable"
    TOO_FEW_IN_COMMON = "too_few_in_common"
    NO_CONTENT = "no_content"
    SHIFT_LEFT = "shift_left"

    # what weakens a pair
    SHIFT_UNKNOWN = "shift_unknown"
    SHIFT_NOT_MEASURED = "shift_not_measured"
    CLOUD_UNSCREENED = "cloud_unscreened"
    CLOUD_SCREENED_BY = "cloud_screened_by"
    UNCALIBRATED = "uncalibrated"
    SEASON_APART = "season_apart"
    TERRAIN_REMAINS = "terrain_remains"
    TERRAIN_REMAINS_APART = "terrain_remains_apart"
    TERRAIN_REMAINS_IN_RADAR = "terrain_remains_in_radar"
    OTHER_PLATFORM = "other_platform"
    SUN_UNKNOWN = "sun_unknown"
    SUN_BELOW_HORIZON = "sun_below_horizon"
    SUN_LOW = "sun_low"
    SUN_MOVED = "sun_moved"
    VIEW_UNKNOWN_OF_ONE = "view_unknown_of_one"
    VIEW_TILTED = "view_tilted"
    VIEWS_APART = "views_apart"
    VIEWS_MAY_BE_APART = "views_may_be_apart"

    # what a detector cannot answer
    NEEDS_ONE_SENSOR = "needs_one_sensor"
    CONSTRUCTION_NEEDS_BANDS = "construction_needs_bands"
    CONSTRUCTION_NEEDS_FINE_PIXELS = "construction_needs_fine_pixels"
    RADAR_SITES_NEED_FINE_PIXELS = "radar_sites_need_fine_pixels"
    MOST_LAND_CHANGED = "most_land_changed"
    RADAR_NEEDS_UNIT = "radar_needs_unit"
    WATER_NEEDS_BANDS = "water_needs_bands"
    WATER_NEEDS_UNIT = "water_needs_unit"
    METHODS_DISAGREE = "methods_disagree"
    NOTHING_IN_COMMON = "nothing_in_common"
    WATER_UNTOLD = "water_untold"
    WATER_MAPS_DISAGREE = "water_maps_disagree"
    USUAL_WATER_MISSING = "usual_water_missing"
    ONLY_SPECKLE = "only_speckle"
    PAINTING_NEEDS_UNIT = "painting_needs_unit"
    NOTHING_TO_PAINT_ON = "nothing_to_paint_on"

    # why usable ground was not seen
    UNUSABLE = "unusable"
    AT_WATER = "at_water"
    AT_WATER_IN_RADAR = "at_water_in_radar"
    UNDER_CLOUD_OR_SMOOTH = "under_cloud_or_smooth"

    # what weakens a detector's answer, and what else looks like a change to it
    BARE_GROUND = "bare_ground"
    BECAME_UNTOLD = "became_untold"
    CAUSE_UNTOLD = "cause_untold"
    RADAR_TWO_SIDED = "radar_two_sided"
    RADAR_SITES = "radar_sites"
    LIKE_EARTHWORKS = "like_earthworks"
    FEW_EDGES = "few_edges"
    SMALL_THINGS = "small_things"
    LIKE_ROOFS = "like_roofs"
    ROOFS_UNTOLD = "roofs_untold"
    PIXEL_SIZE_DOUBTFUL = "pixel_size_doubtful"
    ONE_DATE = "one_date"
    WATER_NOT_PARTED = "water_not_parted"
    LIKE_WATER = "like_water"
    LIKE_WATER_IN_RADAR = "like_water_in_radar"
    LIKE_WATER_TO_ONE_SENSOR = "like_water_to_one_sensor"
    WATER_MAPS_UNCHECKED = "water_maps_unchecked"
    PAIR_FLOODING = "pair_flooding"
    PAIR_FLOOD_RECESSION = "pair_flood_recession"
    PAIR_WATER_GAIN = "pair_water_gain"
    PAIR_WATER_LOSS = "pair_water_loss"
    HEIGHTS_FROM = "heights_from"
    HEIGHTS_MISSING = "heights_missing"
    USUAL_WATER_FROM = "usual_water_from"
    GROUND_CREDIT = "ground_credit"
    USUAL_WATER_UNKNOWN = "usual_water_unknown"

    # what weakens a finding or an observation
    GOES_ON = "goes_on"
    UNTESTED = "untested"
    EARLIER_DATES = "earlier_dates"
    WORKING_POINT = "working_point"
    WORKING_POINT_OWN = "working_point_own"
    LIMIT_UNMEASURED = "limit_unmeasured"
    LIMIT_BEYOND = "limit_beyond"
    LIMIT = "limit"
    LIMIT_OPEN = "limit_open"

    # alternative explanations
    REGION_UNUSABLE = "region_unusable"
    SURROUNDINGS_UNUSABLE = "surroundings_unusable"
    REFLECTANCE_NEEDED = "reflectance_needed"
    DECIBELS_NEEDED = "decibels_needed"
    GREEN_NEEDED = "green_needed"
    INFRARED_NEEDED = "infrared_needed"
    QUALITY_BAND_NEEDED = "quality_band_needed"
    SEASON_UNKNOWN = "season_unknown"
    SEASON_GAP = "season_gap"
    CHANGED_ALIKE = "changed_alike"
    VEGETATION_CHANGED = "vegetation_changed"
    SHIFT_MAKES = "shift_makes"
    SHIFT_UNKNOWN_MAKES = "shift_unknown_makes"
    ORBIT_SAME = "orbit_same"
    VIEW_UNKNOWN = "view_unknown"
    VIEW_DISPLACES = "view_displaces"
    VIEW_DISPLACES_LESS = "view_displaces_less"
    PLATFORM_SAME = "platform_same"
    PLATFORM_DIFFERS = "platform_differs"
    PLATFORM_UNKNOWN = "platform_unknown"
    BASELINE_SAME = "baseline_same"
    BASELINE_DIFFERS = "baseline_differs"
    BASELINE_UNKNOWN = "baseline_unknown"
    OFFSET_DIFFERS = "offset_differs"
    CHANGED_AROUND = "changed_around"
    SHADOW_LIKE = "shadow_like"
    SHADOW_UNLIKE = "shadow_unlike"
    BANDS_CHANGED = "bands_changed"
    ONE_BAND_CHANGED = "one_band_changed"
    SUN_POSITION_UNKNOWN = "sun_position_unknown"
    SHADOW_MOVED = "shadow_moved"
    SHADOW_MOVED_LESS = "shadow_moved_less"
    CASTER_FOUND = "caster_found"
    CASTER_MISSING = "caster_missing"
    SNOW_FLAGGED = "snow_flagged"
    SNOW_LIKE = "snow_like"
    SNOW_LIKE_IN_GREEN = "snow_like_in_green"
    GREEN_BRIGHTEST = "green_brightest"
    CLOUD_NEAR = "cloud_near"
    CLOUD_NOT_FLAGGED = "cloud_not_flagged"
    MOISTURE_REFLECTANCE = "moisture_reflectance"
    SNOW_BACKSCATTER = "snow_backscatter"
    SNOW_ON_DATE = "snow_on_date"
    MOISTURE_BACKSCATTER = "moisture_backscatter"
    POLARISATION_GAP = "polarisation_gap"
    ROW_STRIPE = "row_stripe"
    ROWS_UNUSABLE = "rows_unusable"
    SHIFT_TAKEN = "shift_taken"
    VEGETATION_ON_DATE = "vegetation_on_date"
    WATER_TO_LIGHT_ALONE = "water_to_light_alone"

    # scenes and their offset
    BASELINE_MISSING = "baseline_missing"
    BASELINE_INCONCLUSIVE = "baseline_inconclusive"
    BASELINES_DISAGREE = "baselines_disagree"
    BASELINE_WITHOUT_OFFSET = "baseline_without_offset"
    BASELINE_WITH_OFFSET = "baseline_with_offset"
    OFFSET_FLAGGED_PRESENT = "offset_flagged_present"
    OFFSET_FLAGGED_SUBTRACTED = "offset_flagged_subtracted"
    OFFSET_FLAGS_DISAGREE = "offset_flags_disagree"
    OFFSET_LISTED = "offset_listed"
    OFFSET_LISTED_ZERO = "offset_listed_zero"
    OFFSET_LISTED_OTHER = "offset_listed_other"
    CLEAR_PIXELS_FEW = "clear_pixels_few"
    DARK_GROUND_MISSING = "dark_ground_missing"
    SNOW_UNDER_TREES = "snow_under_trees"
    DARK_GROUND_LOW = "dark_ground_low"
    PLANTS_HIGH = "plants_high"
    DARK_GROUND_DISAGREES = "dark_ground_disagrees"
    BANDS_CUT_OFF = "bands_cut_off"
    BANDS_DISAGREE = "bands_disagree"
    SWIR_DISAGREES = "swir_disagrees"
    OFFSET_FROM_PIXELS = "offset_from_pixels"
    OFFSET_UNSETTLED = "offset_unsettled"

    # flags that do not move with the weather
    FLAGS_PERSISTENT = "flags_persistent"
    FLAGS_PERSISTENT_NOWHERE = "flags_persistent_nowhere"
    FLAGS_PERSISTENT_UNKNOWN = "flags_persistent_unknown"

    # searches, choices of dates and runs
    ITEM_UNUSABLE = "item_unusable"
    QUALITY_UNREADABLE = "quality_unreadable"
    NO_ORBIT = "no_orbit"
    PARTLY_INSIDE = "partly_inside"
    TOO_CLOUDY = "too_cloudy"
    ALONE = "alone"
    ALONE_IN_ORBIT = "alone_in_orbit"
    SAME_SEASON = "same_season"
    DATE_BEFORE = "date_before"
    NOTHING_TO_COMPARE = "nothing_to_compare"
    NO_NETWORK = "no_network"
    """The catalogue's host gave no answer at all: nothing was searched."""
    FAILED = "failed"
    """An error: its class, and its message as printed."""

    # events and coverage
    SEEN = "seen"
    SEEN_AS_EARLIER = "seen_as_earlier"
    NOT_SEEN = "not_seen"
    VISIT_DUE = "visit_due"
    NO_IMAGE = "no_image"
    NO_IMAGE_HERE = "no_image_here"
    SEARCH_FAILED = "search_failed"
    NOT_SEARCHED = "not_searched"
    CLOCK_BEHIND = "clock_behind"
    SHOWN = "shown"
    ABSENT = "absent"
    REVIEW_CONFIRMED = "review_confirmed"
    REVIEW_REJECTED = "review_rejected"
    SINGLE_SCENE = "single_scene"
    LACKS_SCENE = "lacks_scene"
    LACKS_TIME = "lacks_time"
    LACKS_PROBABILITY = "lacks_probability"
    LACKS_EVIDENCE = "lacks_evidence"
    LACKS_EARLIER = "lacks_earlier"
    LACKS_ICE_FREE = "lacks_ice_free"

    # claims of others
    CLAIM_DATED_WITHIN = "claim_dated_within"
    CLAIM_DATED_AROUND = "claim_dated_around"
    CLAIM_DATED_PARTLY = "claim_dated_partly"
    CLAIM_UNCONFIRMED = "claim_unconfirmed"
    CLAIM_SIZE_FOUND = "claim_size_found"
    CLAIM_SIZE_UNLIKE = "claim_size_unlike"
    CLAIM_SEEN = "claim_seen"
    CLAIM_SIZE_UNTOLD = "claim_size_untold"
    CLAIM_TOO_SMALL = "claim_too_small"
    CLAIM_BEYOND_LIMIT = "claim_beyond_limit"
    CLAIM_LIMIT_UNMEASURED = "claim_limit_unmeasured"
    CLAIM_PARTLY_SEEN = "claim_partly_seen"
    CLAIM_MAY_BE_ALTERED = "claim_may_be_altered"
    CLAIM_CANDIDATES = "claim_candidates"
    CLAIM_REJECTED = "claim_rejected"
    CLAIM_KIND_NOT_LOOKED_FOR = "claim_kind_not_looked_for"
    CLAIM_UNCOVERED = "claim_uncovered"
    CLAIM_NEVER_COMPARED = "claim_never_compared"
    CLAIM_NOT_COMPARED = "claim_not_compared"
    CLAIM_PASSES = "claim_passes"
    CLAIM_OUTSIDE = "claim_outside"


WEATHER = frozenset(
    {Code.TOO_CLOUDY, Code.NOTHING_USABLE, Code.WATER_UNTOLD, Code.UNDER_CLOUD_OR_SMOOTH}
)
"""Reasons that may be the weather's."""
WEATHER_FLAGS = frozenset({"cloud", "shadow", "cirrus", "snow"})
"""Flags of `Code.UNUSABLE` that are the weather's."""


UNSEEN = frozenset(
    (Code.UNUSABLE, Code.AT_WATER, Code.AT_WATER_IN_RADAR, Code.UNDER_CLOUD_OR_SMOOTH)
)
"""Why part of the ground was not seen in a pair that was compared; their texts are clauses."""


class Cause(StrEnum):
    """Alternative explanations of a finding."""

    AS_RECORDED = "as_recorded"
    """One of a ledger of schema 3, whose words are in its note."""

    SHADOW = "shadow"
    SNOW = "snow"
    SEASON = "season"
    SOIL_MOISTURE = "soil_moisture"
    RESIDUAL_MISREGISTRATION = "residual_misregistration"
    CLOUD_EDGE = "cloud_edge"
    VIEW_ANGLE = "view_angle"
    PROCESSING = "processing"
    RADIO_INTERFERENCE = "radio_interference"
    TWO_SENSORS = "two_sensors"


class Verdict(StrEnum):
    """What came of examining an alternative explanation."""

    RULED_OUT = "ruled_out"
    POSSIBLE = "possible"
    NOT_TESTABLE = "not_testable"


class ClaimVerdict(StrEnum):
    """What images say of a claim; the last two say nothing either way."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not_supported"
    """Although it would have been seen."""
    NOT_SEEABLE = "not_seeable"
    """The images cover the time, and could not have shown it."""
    NOT_COVERED = "not_covered"
    """The images do not cover the time."""


class Measure(StrEnum):
    """What is measured, with its unit; in the order in which it is shown.

    A name in a record may go on with qualifiers: ``bright_ground:nir:before``.
    """

    STRENGTH = "strength"
    REGION_PX = "region_px"
    PIXEL_M = "pixel_m"
    SHIFT_FOUND_PX = "shift_found_px"
    SHIFT_LEFT_PX = "shift_left_px"
    CHANGED_FRACTION = "changed_fraction"
    CORRELATION = "correlation"
    EDGES_IN_COMMON = "edges_in_common"
    COLOUR_WEIGHT = "colour_weight"
    EDGE_FROM = "edge_from"
    CHANGE_FROM_DB = "change_from_db"
    USUAL_CHANGE_DB = "usual_change_db"
    WATER_INDEX_FROM = "water_index_from"
    BRIGHT_GROUND = "bright_ground"
    WATER_BELOW = "water_below"
    WATER_DEPTH = "water_depth"
    WATER_BELOW_DB = "water_below_db"
    WATER_FRACTION = "water_fraction"
    WATER_IN_COMMON_FRACTION = "water_in_common_fraction"
    FALL_FROM = "fall_from"
    SPECKLE_SLOPE = "speckle_slope"
    FALL_FROM_DB = "fall_from_db"
    STEEPEST_DEG = "steepest_deg"
    USUAL_WATER_FRACTION = "usual_water_fraction"
    USUAL_WATER_FOUND_FRACTION = "usual_water_found_fraction"
    AROUND_REGIONS = "around_regions"
    AROUND_KM2 = "around_km2"
    AROUND_FRACTION = "around_fraction"
    EARLIER_REGIONS = "earlier_regions"
    EARLIER_KM2 = "earlier_km2"
    EARLIER_FRACTION = "earlier_fraction"


class LanguageCode(StrEnum):
    """The languages in which texts are made, by ISO 639-1."""

    ENGLISH = "en"
    KOREAN = "ko"


class Audience(StrEnum):
    """For whom maps, figures, reports and exports are made, the narrowest first."""

    INTERNAL = "internal"
    PARTNER = "partner"
    PUBLIC = "public"
