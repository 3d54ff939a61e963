"""One colour for each kind of change, on every map, figure and export."""

KIND_COLOURS = {
    "construction": "#D55E00",
    "built_up": "#7F0000",
    "demolition": "#CC79A7",
    "flooding": "#0072B2",
    "flood_recession": "#56B4E9",
    "water_gain": "#009E73",
    "water_loss": "#F0E442",
    "clearing": "#E69F00",
    "perimeter_change": "#000000",
    "other": "#777777",
}
"""They differ for colour-blind readers too."""

NOT_SEEN_COLOUR = "#3D434A"
"""Of what was not seen."""
