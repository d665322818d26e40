"""What was deleted is to leave the files too; until it has, that is written down as owed."""

from sqlalchemy import Connection, Table, delete, insert, select

from service.store.database import Database
from service.store.ids import new_id
from service.store.tables import now, scrubs


def owe(connection: Connection, *tables: Table) -> None:
    """Writes down, in the transaction that deletes, from which tables."""
    names = ",".join(sorted(table.name for table in tables))
    connection.execute(insert(scrubs), {"id": new_id(), "tables": names, "since": now()})


def settle(database: Database) -> None:
    """Has everything that is owed leave the files, also what a crash left owed.

    One at a time in a process: whoever waited finds the own debt settled by the one before.

    Raises:
        StoreBusy: if somebody who still reads keeps it there; it stays owed.
    """
    with database.scrubbing:
        with database.read() as connection:
            owed = connection.execute(select(scrubs.c.id, scrubs.c.tables)).all()
        if not owed:
            return
        database.scrub(sorted({table for row in owed for table in row.tables.split(",")}))
        with database.write() as connection:
            connection.execute(delete(scrubs).where(scrubs.c.id.in_([row.id for row in owed])))
