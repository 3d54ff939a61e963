"""Whether a ledger has the schema that this program gives it: all of it, and nothing more.

A trigger that somebody added can swallow what is recorded; a view can stand before a table.
"""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from camp_monitor.ledger.chain import ADDED, METADATA, SCHEMA, SCHEMA_VERSION, tables_of
from camp_monitor.ledger.dialects import POSTGRESQL, SQLITE, dialect_of, guards


def create(connection: sa.Connection, version: int = SCHEMA_VERSION) -> None:
    """Make all tables of a version, with their guards, and state the version."""
    METADATA.create_all(connection, tables=[SCHEMA, *tables_of(version)], checkfirst=False)
    for statement in guards(dialect_of(connection), version).values():
        connection.exec_driver_sql(statement)
    connection.execute(SCHEMA.insert().values(version=version))


def add_version(connection: sa.Connection, version: int) -> None:
    """Add what a version has and the one before it has not, and state the version."""
    dialect = dialect_of(connection)
    for table in ADDED[version]:
        table.create(connection, checkfirst=False)
    for name in guards(dialect, version).keys() - guards(dialect, version - 1).keys():
        connection.exec_driver_sql(guards(dialect, version)[name])
    connection.execute(SCHEMA.insert().values(version=version))


def schema_faults(connection: sa.Connection, version: int) -> list[str]:
    """Say what of the schema is missing, changed or too much, in sentences.

    Parameters
    ----------
    connection : sqlalchemy Connection
    version : int
        That the ledger states.
    """
    found = _objects(connection)
    expected = _expected(dialect_of(connection) is SQLITE, version)
    faults = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            faults.append(f"The {name} is missing.")
        elif name not in expected:
            faults.append(f"The {name} was added, and is not part of a ledger.")
        elif expected[name] != found[name]:
            faults.append(f"The {name} was changed.")
    return faults


def _objects(connection: sa.Connection) -> dict[str, str]:
    """Return what the ledger consists of: what it is and its name, and what would make it."""
    rows = connection.exec_driver_sql(dialect_of(connection).objects)
    return {str(name): _plain(str(made)) for name, made in rows}


@cache
def _expected(in_a_file: bool, version: int) -> dict[str, str]:
    if in_a_file:
        engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
        with engine.begin() as connection:
            create(connection, version)
            return _objects(connection)
    return _expected_of_server(version)


def _expected_of_server(version: int) -> dict[str, str]:
    made = {f"trigger {name}": text for name, text in guards(POSTGRESQL, version).items()}
    names = {"INTEGER": "integer", "TEXT": "text", "FLOAT": "double precision", "BLOB": "bytea"}
    for table in (SCHEMA, *tables_of(version)):
        for column in table.c:
            kind = names[str(column.type)]
            made[f"column {table.name}.{column.name}"] = kind if column.nullable else f"{kind} NO"
    return {name: _plain(text) for name, text in made.items()}


def _plain(text: str) -> str:
    """Return a statement without what other versions of a library may write otherwise."""
    return " ".join(text.replace('"', "").split())
