"""Facilities: where they are, who says so, and how far the edge may be off."""

from camp_monitor.facilities.agency import Agency
from camp_monitor.facilities.facility import (
    BASES,
    GRADES,
    ROLES,
    TYPES,
    Candidate,
    Facility,
    Outline,
    Size,
    Source,
    Status,
    check_facility_id,
)
from camp_monitor.facilities.geometry import LARGEST_OUTLINE_M2, geodesic_area_m2
from camp_monitor.facilities.registry import (
    bundled_registry,
    facility_document,
    find_facility,
    read_facility,
    read_registry,
    write_facility,
)

__all__ = [
    "BASES",
    "GRADES",
    "LARGEST_OUTLINE_M2",
    "ROLES",
    "TYPES",
    "Agency",
    "Candidate",
    "Facility",
    "Outline",
    "Size",
    "Source",
    "Status",
    "bundled_registry",
    "check_facility_id",
    "facility_document",
    "find_facility",
    "geodesic_area_m2",
    "read_facility",
    "read_registry",
    "write_facility",
]
