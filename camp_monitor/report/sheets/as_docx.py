"""A report as a Word file: real styles, heads of tables that repeat, alternative texts."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from camp_monitor.errors import InstallationError
from camp_monitor.report.sheets.document import (
    Block,
    Document,
    Facts,
    Heading,
    Items,
    Paragraph,
    Picture,
)

FONT, KOREAN_FONT = "Arial", "Malgun Gothic"
INK, PALE_INK, ALARM = "1D3557", "444444", "9B1111"
STYLES = {"body": "Normal", "lead": "Report Lead", "small": "Report Small",
          "warning": "Report Warning"}  # fmt: skip
TEXT_MM = 170.0
LETTER_MM, CELL_MARGINS_MM = 2.1, 4.0
"""What a letter of a table is taken to need, wide enough for capitals, and a cell's margins."""
LONGEST_WORD, LONGEST_TEXT = 24, 70
"""Letters that stand on one line of a column at least and at most when the width is shared."""
NO_DAY = datetime(1980, 1, 1)


def docx_of(document: Document) -> bytes:
    """Write a report as a Word file (ISO/IEC 29500), the same bytes for the same report.

    Raises
    ------
    InstallationError
        python-docx is not installed.
    """
    try:
        import docx
    except ImportError as error:
        raise InstallationError(
            "A report as a Word file needs python-docx, which is not installed: pip install "
            "'camp-monitor[report]', or write it as .html."
        ) from error
    file = docx.Document()
    _set_page(file)
    _make_styles(file, document)
    if document.mark:
        file.add_paragraph(document.mark, style="Report Mark")
    file.add_paragraph(document.title, style="Title")
    file.add_paragraph(document.subtitle, style="Subtitle")
    heads = [block for block in document.blocks if isinstance(block, Heading)]
    for block in document.blocks:
        _add(file, block, is_first=block is heads[0])
    _add_footer(file, document.footer)
    properties = file.core_properties
    properties.title, properties.language = document.title[:255], document.language
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = NO_DAY
    properties.revision = 1
    content = io.BytesIO()
    file.save(content)
    return _without_times(content.getvalue())


def _set_page(file: Any) -> None:
    from docx.shared import Mm

    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(18)


def _make_styles(file: Any, document: Document) -> None:
    """Set the styles of the file, so that whoever edits it changes them in one place."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    size_pt = 9 if document.is_bulletin else 10
    own = ("Report Lead", "Report Small", "Report Warning", "Report Mark", "Report Cell",
           "Report Head", "Report Table")  # fmt: skip
    for name in own:
        style = file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = file.styles["Normal"]
    sizes = {
        "Normal": 0, "Title": 12, "Subtitle": 1, "Heading 1": 6, "Heading 2": 2, "Heading 3": 1,
        "Caption": -1, "List Bullet": 0, "Report Lead": 1, "Report Small": -1.5,
        "Report Warning": 0, "Report Mark": 2, "Report Cell": -1, "Report Head": -1,
        "Report Table": 0,
    }  # fmt: skip
    for name, larger_pt in sizes.items():
        style = file.styles[name]
        style.font.name, style.font.size = FONT, Pt(size_pt + larger_pt)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{attribute}"), None)
        fonts.set(qn("w:hAnsi"), FONT)
        fonts.set(qn("w:cs"), FONT)
        fonts.set(qn("w:eastAsia"), KOREAN_FONT)
        style.paragraph_format.space_after = Pt(2 if "Cell" in name or "Head" in name else 4)
        style.paragraph_format.space_before = Pt(0)
    for name in ("Title", "Heading 1", "Heading 2", "Heading 3", "Report Table"):
        file.styles[name].font.color.rgb = RGBColor.from_string(INK)
        file.styles[name].font.bold = True
        file.styles[name].font.italic = False
        file.styles[name].paragraph_format.keep_with_next = True
        if name.startswith("Heading"):
            file.styles[name].paragraph_format.space_before = Pt(8)
    for name in ("Subtitle", "Caption"):
        file.styles[name].font.italic = file.styles[name].font.bold = False
        file.styles[name].font.color.rgb = RGBColor.from_string(PALE_INK)
    for name in ("Report Mark", "Report Warning"):
        file.styles[name].font.color.rgb = RGBColor.from_string(ALARM)
        file.styles[name].font.bold = True
    file.styles["Report Head"].font.bold = True
    language = file.styles.element.find(f".//{qn('w:lang')}")
    if language is not None:
        # Latin words of a Korean report are English: as Korean they would be broken anywhere.
        language.set(qn("w:val"), "en")
        language.set(qn("w:eastAsia"), document.language)


def _add(file: Any, block: Block, *, is_first: bool) -> None:
    if isinstance(block, Heading):
        heading = file.add_heading(block.text, block.level)
        heading.paragraph_format.page_break_before = block.level == 1 and not is_first
    elif isinstance(block, Paragraph):
        file.add_paragraph(block.text, style=STYLES[block.style])
    elif isinstance(block, Items):
        for text in block.texts:
            file.add_paragraph(text, style="List Bullet")
    elif isinstance(block, Picture):
        _add_picture(file, block)
    elif isinstance(block, Facts):
        _add_table(file, block.title, (), block.rows, (0.27, 0.73))
    else:
        _add_table(file, block.title, block.head, block.rows, _shares((block.head, *block.rows)))


def _add_picture(file: Any, picture: Picture) -> None:
    """Add a picture with its alternative text, and its caption below."""
    from docx.shared import Mm

    paragraph = file.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    inline = paragraph.add_run().add_picture(io.BytesIO(picture.content), Mm(picture.width_mm))
    inline._inline.docPr.set("descr", picture.alternative)
    file.add_paragraph(picture.caption, style="Caption")


def _add_table(
    file: Any,
    title: str,
    head: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    shares: tuple[float, ...],
) -> None:
    """Add a table below its title; without a head, its first column heads the rows."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm

    if title:
        file.add_paragraph(title, style="Report Table")
    lines = ([head] if head else []) + list(rows)
    table = file.add_table(rows=len(lines), cols=len(shares), style="Table Grid")
    table.autofit = False
    if title:
        described = OxmlElement("w:tblCaption")
        described.set(qn("w:val"), title)
        table._tbl.tblPr.append(described)
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Mm(TEXT_MM * share)
    for number, (row, line) in enumerate(zip(table.rows, lines, strict=True)):
        for place, (cell, value) in enumerate(zip(row.cells, line, strict=True)):
            is_head = number == 0 if head else place == 0
            cell.width = Mm(TEXT_MM * shares[place])
            cell.paragraphs[0].text = value
            cell.paragraphs[0].style = file.styles["Report Head" if is_head else "Report Cell"]
            if is_head:
                _shade(cell)
    if head:
        repeated = OxmlElement("w:tblHeader")
        repeated.set(qn("w:val"), "true")
        table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for row in table.rows:
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().insert(0, whole)
    file.add_paragraph(style="Report Cell")


def _shares(lines: tuple[tuple[str, ...], ...]) -> tuple[float, ...]:
    """Share the width among columns: each holds its longest word, and the rest goes to texts."""
    columns = list(zip(*lines, strict=True))
    least_mm = [_needed_mm(text.split(), LONGEST_WORD) for text in map(" ".join, columns)]
    wanted_mm = [
        max(_needed_mm(column, LONGEST_TEXT) - least, 0.1)
        for column, least in zip(columns, least_mm, strict=True)
    ]
    rest_mm = max(TEXT_MM - sum(least_mm), 0.0)
    widths_mm = [
        least + rest_mm * wanted / sum(wanted_mm)
        for least, wanted in zip(least_mm, wanted_mm, strict=True)
    ]
    return tuple(width / sum(widths_mm) for width in widths_mm)


def _needed_mm(texts: Iterable[str], most: int) -> float:
    return LETTER_MM * min(max(map(_columns, texts), default=0), most) + CELL_MARGINS_MM


def _columns(text: str) -> int:
    """Count letters, those of Korean twice."""
    return len(text) + sum(unicodedata.east_asian_width(sign) in "WF" for sign in text)


def _shade(cell: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EEF2F6")):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _add_footer(file: Any, text: str) -> None:
    """Put a text and the number of the page at the foot of every page."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = file.sections[0].footer.paragraphs[0]
    paragraph.style = file.styles["Report Small"]
    paragraph.add_run(f"{text}  ")
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _without_times(content: bytes) -> bytes:
    """Pack an archive again, its members without the time at which they were written."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            member = zipfile.ZipInfo(name, NO_DAY.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system, member.external_attr = 3, 0o600 << 16
            target.writestr(member, source.read(name))
    return packed.getvalue()
