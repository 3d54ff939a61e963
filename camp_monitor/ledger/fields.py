"""Parts of a content, read by the database itself: SQLite and PostgreSQL each have their words."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

Text = sa.ColumnElement[Any]


def field(connection: sa.Connection, column: Text, *path: str) -> Text:
    """Return a member of JSON as text; NULL where it is missing, or null."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.func.json_extract(column, f"$.{'.'.join(path)}"), sa.Text)
    return sa.func.json_extract_path_text(sa.cast(column, sa.JSON), *path, type_=sa.Text)


def number(connection: sa.Connection, column: Text, *path: str) -> Text:
    """Return a number of JSON."""
    if connection.dialect.name == "sqlite":
        return sa.func.json_extract(column, f"$.{'.'.join(path)}", type_=sa.Float)
    return sa.cast(field(connection, column, *path), sa.Float)


def items(connection: sa.Connection, column: Text, name: str) -> sa.TableValuedAlias:
    """Return the texts of a list in JSON as a table with the column ``value``."""
    if connection.dialect.name == "sqlite":
        return sa.func.json_each(column, f"$.{name}").table_valued("value")
    listed = sa.func.json_extract_path(sa.cast(column, sa.JSON), name)
    return sa.func.json_array_elements_text(listed).table_valued("value").render_derived()


def stem(connection: sa.Connection, method: Text) -> Text:
    """Return a method without its number: what stands before the first stroke."""
    if connection.dialect.name == "sqlite":
        return sa.func.substr(method, 1, sa.func.instr(method.op("||")("/"), "/") - 1)
    return sa.func.split_part(method, "/", 1)


def plain_order(connection: sa.Connection, column: Text) -> Text:
    """Order by characters, as Python does, whatever the language of the database."""
    return column if connection.dialect.name == "sqlite" else column.collate("C")
