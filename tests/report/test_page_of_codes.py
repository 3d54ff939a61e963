"""docs/reference/codes.md shows the codes and texts as they are."""

import runpy
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "codes.md"


def test_the_page_of_codes_is_up_to_date() -> None:
    writer = runpy.run_path(str(PAGE.parents[1] / "codes.py"))
    assert PAGE.read_text("utf-8") == writer["codes_page"](), "run: python docs/codes.py"
