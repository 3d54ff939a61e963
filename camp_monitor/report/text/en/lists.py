"""English: facilities and scenes as the command line lists them."""

NAMES = {
    "facility_type_short": {
        "kwan_li_so": "kwan-li-so",
        "kyo_hwa_so": "kyo-hwa-so",
        "other": "other",
    },
    "basis_short": {
        "drawn": "drawn",
        "published": "published",
        "derived": "derived",
        "placeholder": "placeholder",
        "none": "none",
    },
    "point_role": {
        "centre": "given as the centre of the facility",
        "facility": "given for the facility as a whole",
        "part": "a named part of the facility",
        "other_site": "given under this name or number, but for another site",
    },
    "size_kind": {"area": "area", "dimensions": "dimensions", "perimeter": "perimeter"},
    "fact": {
        "id": "id",
        "type": "type",
        "names_ko": "Korean",
        "aliases": "also called",
        "place": "place",
        "status": "status",
        "but": "but",
        "agency": "agency",
        "administered": "then",
        "position": "position",
        "wikidata": "Wikidata",
        "basis": "basis",
        "accuracy": "accuracy",
        "area": "area",
        "bounds": "bounds",
        "source": "source",
        "how": "how",
        "older": "older",
        "name": "name",
        "outline": "outline",
        "as_of": "as of",
        "id_type": "id, type",
        "lat": "lat",
        "lon": "lon",
        "feature": "feature",
        "taken_as": "taken as",
        "kind": "kind",
        "as_published": "as published",
        "note": "note",
    },
    "facts": {
        "outline": "Outline",
        "points": "Published points",
        "sizes": "Published sizes",
        "conflicts": "Conflicts",
        "notes": "Notes",
        "sources": "Sources",
    },
    "scene_column": {
        "scene": "Scene",
        "taken": "Taken",
        "bands": "Bands",
        "quantity": "Quantity",
        "pixel": "Pixel",
        "inside": "Inside",
        "clear": "Clear",
        "season": "Season",
        "sun": "Sun",
        "view": "View",
        "orbit": "Orbit",
    },
    "run_column": {
        "facility": "facility",
        "dates": "dates",
        "pairs": "pairs",
        "known": "known",
        "not_used": "not used",
        "new_findings": "new findings",
    },
}
"""Likewise as in `names`."""

PHRASES = {
    "registry.counted": "{facilities:facilities}{bare}{placeholders}.",
    "registry.bare": "; {count} without an outline",
    "registry.placeholders": (
        "; {count} placeholders: circles for places of which no size is published"
    ),
    "registry.disputed": "{status} (disputed)",
    "registry.undated": "undated",
    "registry.status": "{status}; as of {day}",
    "registry.administered": "{day}: {agency}",
    "registry.days": "{first} to {last}",
    "registry.no_outline": "None.  Import one with 'camp-monitor facilities import'.",
    "registry.no_coordinate": (
        "None: no coordinate was published.  Import one with 'camp-monitor facilities import'."
    ),
    "registry.basis": "{basis} (version {version})",
    "registry.edge": "the edge may be off by {accuracy}",
    "registry.bounds": "lon {west:.5f} to {east:.5f}, lat {south:.5f} to {north:.5f}",
    "registry.older": "version {version}: {basis}, {area}, accurate to {accuracy}",
    "registry.imported": (
        "{facility}: outline version {version} added ({basis}, {area}, accurate to {accuracy})."
    ),
    "registry.imported_before": (
        "{facility}: nothing added, outline version {version} already is this one."
    ),
    "export.wrote": "Wrote {file}: {events}, {findings}, {records} of what was not seen.",
    "figure.written": (
        "{file}: finding {id}, {width_mm:g} mm wide, {size_mb:.1f} MB; the rest is in {note}.  "
        "Its caption:"
    ),
    "report.written": "{file}: {title}; sheets of events: {events}; {size_mb:.1f} MB",
    "remark": "Note: {said}",
    "scan.next": "Next: {command}",
    "scan.unreachable": "{reason} To compare only what the catalogue here holds: --offline",
    "scenes.columns": (
        "Inside and clear: shares of the outline.  Season: days from the season of the last day "
        "asked for.  Sun: its elevation.  View: off nadir."
    ),
    "scenes.gap": "{gap_days:.0f} d",
}
