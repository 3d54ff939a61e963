"""A facility from a file with its outline alone, without a registry."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from camp_monitor.facilities.facility import Facility
from camp_monitor.facilities.fields import printable
from camp_monitor.facilities.importing import (
    id_in,
    import_outline,
    new_facility,
    next_outline,
)
from camp_monitor.facilities.registry import facility_in


def read_outline(
    path: str | Path,
    *,
    accuracy_m: float | None = None,
    id: str | None = None,
    name: str | None = None,
    layer: str | None = None,
    feature: str | None = None,
    union: bool = False,
) -> Facility:
    """Read a drawn outline as a facility of its own, or a facility from its file in a registry.

    Parameters
    ----------
    path : str or Path
        A GeoJSON, KML, KMZ or GeoPackage file.
    accuracy_m : float or None
        How far the edge may be off, metres; `DRAWN_ACCURACY_M` when the author states nothing.
    id, name : str or None
        Of the facility; else the ones that the file gives, else made of its name.
    layer, feature, union
        As in `import_outline`.

    Returns
    -------
    Facility
        With one outline, ``drawn``, version 1; its note says what was repaired and assumed.  A file
        of a registry, of which nothing else is asked, gives the facility that it holds.

    Raises
    ------
    FacilityError
        As `import_outline`; or the id or the name cannot be used.
    """
    path = Path(path).expanduser()
    if (accuracy_m, id, name, layer, feature, union) == (None, None, None, None, None, False):
        registered = facility_in(path)
        if registered is not None:
            return registered
    imported = import_outline(path, layer=layer, feature=feature, union=union)
    remarks = list(imported.remarks)
    if id is None and not imported.facility_ids:
        stem = path.stem.lower()
        id = re.sub("[^a-z0-9]+", "-", stem)[:64].strip("-") or "outline"
        remarks.append("The id was made of the file's name.")
    if name is None and len(imported.names) != 1:
        name = printable(path.stem)
        remarks.append("The name is that of the file.")
    imported = replace(imported, remarks=tuple(remarks))
    id = id_in(imported) if id is None else id
    facility = new_facility(id, imported.names[0] if name is None else name)
    return replace(facility, outlines=(next_outline(facility, imported, accuracy_m),))
