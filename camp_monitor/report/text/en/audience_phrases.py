"""English: what an output says of what its audience is not shown."""

PHRASES: dict[str, str] = {
    "audience.partner": "For partners: names and notes of analysts are left out.",
    "audience.public": "For the public: names and notes of analysts are left out.",
    "audience.coordinates_withheld": (
        "Coordinates are withheld: positions are in metres from a middle that is not told."
    ),
    "audience.coordinates_rounded": (
        "Coordinates are rounded to {grid}, here {place}; positions are in metres from a middle "
        "that is not told."
    ),
    "audience.parts": "Parts of the facility that are marked sensitive are left out.",
    "audience.pixels": (
        "Images are not shown, since their licence ({licence}) is not known to let them be "
        "published: outlines stand on plain ground."
    ),
    "overview.withheld": (
        "Places whose coordinates are rounded or withheld are listed, and stand at no point."
    ),
    "audience.place_withheld": "withheld",
    "audience.place_rounded": "about {place}",
    "audience.withheld": "withheld",
    "audience.reviewer": "a reviewer",
    "audience.projection": "local metres",
    "audience.scale": "Scale {scale} if printed {width_mm:g} mm wide. Projection: {projection}.",
    "audience.view": (
        "Shown in {shown_as}, drawn in pixels of {pixel_m:.3g} m in {projection}; each panel is "
        "{length} wide, at a scale of {scale} if the figure is printed {width_mm:g} mm wide. The "
        "arrow points to true north."
    ),
}
