"""English: what a figure for print says, in the picture, in its caption and in its note."""

PHRASES: dict[str, str] = {
    # the picture
    "figure.what": "{kind}, {interval}",
    "figure.file_title": "{what}, finding {id}",
    "figure.over": "over {letter} in grey",
    "figure.place": "{lat} {north_south}, {lon} {east_west} (WGS 84)",
    "figure.key.finding": "{kind}: this finding",
    "figure.key.others": "{kind}: {findings} here",
    "figure.key.not_seen": "Not seen, for {question}",
    "figure.key.no_image": "No image",
    "figure.key.outline_beyond": "{outline} (beyond this view)",
    "figure.key.outline_around": "{outline} (all of this view lies within it)",
    "figure.key.outline_error": "{outline} (its error dotted)",
    "figure.callout": "{kind}, {area}",
    "figure.scale": (
        "Scale {scale} if printed {width_mm:g} mm wide. Degrees: WGS 84. Projection: {projection}."
    ),
    "figure.record": (
        "Finding {id}: {area} ({area_interval}), method {method}. Confidence: {confidence}."
    ),
    # its caption, of which whole sentences are taken up to sixty words
    "figure.caption.simulated": "SIMULATED: a program painted the images.",
    "figure.caption.what": "{kind} at {place} {interval}.",
    "figure.caption.area": "Area {area} ({area_interval}).",
    "figure.caption.confidence": "Confidence: {confidence}.",
    "figure.caption.review": "{review}.",
    "figure.caption.placeholder": "The circle is a placeholder, not an outline.",
    "figure.caption.images": "Images: {credits}.",
    # its note
    "figure.note.callout": "{number}: {text}",
    "figure.note.view": (
        "Shown in {shown_as}, drawn in pixels of {pixel_m:.3g} m in {projection}; each panel is "
        "{length} wide, at a scale of {scale} if the figure is printed {width_mm:g} mm wide. The "
        "arrow points to true north. Corners: {lower_left} (lower left) and {upper_right} (upper "
        "right)."
    ),
    "figure.note.borders": (
        "Inset: Natural Earth 4.1.0 (public domain). Its borders imply no opinion on the legal "
        "status of any territory."
    ),
    # remarks to whoever asked for it
    "figure.no_korean_font": (
        "The Korean name is left out, because no font with its letters was found: install Noto "
        "Sans CJK or Nanum (Debian: fonts-noto-cjk or fonts-nanum)."
    ),
    "figure.no_letters": "No font here has these characters, which are printed as ?: {letters}",
    "figure.licence": (
        "The licence of {id} is {licence}: ask its owner before you publish these pixels."
    ),
    # caption of a figure
    "caption.what": (
        "{kind} {interval}: {area} (interval {area_interval}). Confidence: {confidence}. {review}. "
        "{position}. Centre: {centre}. Finding {id}, method {method}."
    ),
    "caption.superseded": "A LATER SCAN OF THE SAME SCENES SUPERSEDED THIS FINDING.",
    "caption.unreviewed": "Not reviewed by a person",
    "caption.reviewed": "{verdict}, {date}",
    "caption.seen_unknown": "How much of the outline was seen is not on record.",
    "caption.seen": "Seen: {share} of the outline, for {question}.",
    "caption.explanations": "Alternative explanations: {explanations}.",
    "caption.caveats": "Caveats: {caveats}",
    "caption.image": "({letter}) {scene}; credit: {credit}; licence: {licence}.",
    "caption.no_credit": "not stated",
    "caption.images": "Images: {images}",
    "caption.shown_apart": "{before} (before) and {after} (after)",
}
"""By a name of its own, a format string."""
