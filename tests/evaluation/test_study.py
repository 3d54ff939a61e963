"""The study of constants names constants that exist."""

from __future__ import annotations

import importlib

import pytest

from benchmarks.study import FAMILIES, Family


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_constant_that_is_varied_exists(family: Family) -> None:
    settings = [*sum(family.choices.values(), ()), *family.ingredients.values()]
    for name, value in sum(settings, ()):
        place, attribute = name.rsplit(".", 1)
        module, constant = place.split(":")
        held = getattr(importlib.import_module(f"camp_monitor.detect.{module}"), constant)
        assert type(getattr(held, attribute))(value) is not None
