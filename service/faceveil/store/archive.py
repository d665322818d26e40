"""A backup's file: a zip of tables as JSON lines, of keys, and of a manifest with their digests.

It is the same for both databases, and any zip program opens it. Everything is written and read as
a stream; the manifest comes last into the file and is read first.
"""

import base64
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Column, LargeBinary, Table

from faceveil.keyfile import KEY_BYTES
from faceveil.store.secret_keys import KeyName
from faceveil.store.tables import Moment, milliseconds, moment

MANIFEST = "manifest.json"
_MOST_MANIFEST = 2**20
_PIECE = 2**20
_EPOCH_DATE = (1980, 1, 1, 0, 0, 0)


class ArchiveError(Exception):
    """The file is no backup of ours, or a damaged one; the message is a sentence."""


class Member(BaseModel):
    """One file in the backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    rows: int | None = Field(None, description="Of a table.")


class Manifest(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["faceveil backup"] = "faceveil backup"
    version: Literal[1] = 1
    made: datetime
    migration: str
    log_entries: int
    log_head: str
    members: dict[str, Member]

    @property
    def digest(self) -> str:
        """SHA-256 over all of it, and so over the whole backup."""
        return hashlib.sha256(self.model_dump_json(indent=1).encode()).hexdigest()

    def rows(self, table: Table) -> int:
        """How many rows of a table it holds."""
        member = self.members.get(_name(table))
        return 0 if member is None else member.rows or 0


class Writer:
    """Writes a backup member by member."""

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._members: dict[str, Member] = {}

    def table(self, table: Table, rows: Iterable[Any]) -> Iterator[int]:
        """Writes a table; yields as each row is written."""
        yield from self._write(_name(table), (_line(table, row) for row in rows))

    def key(self, name: KeyName, key: bytes) -> None:
        """Writes a secret key as a key file has it."""
        for _ in self._write(_key_name(name), [key.hex().encode() + b"\n"], count=False):
            pass

    def finish(self, **about: Any) -> Manifest:
        """Writes the manifest and ends the file."""
        manifest = Manifest(members=self._members, **about)
        with self._opened(MANIFEST) as member:
            member.write(manifest.model_dump_json(indent=1).encode())
        self._zip.close()
        return manifest

    def _write(self, name: str, lines: Iterable[bytes], *, count: bool = True) -> Iterator[int]:
        sha, rows = hashlib.sha256(), 0
        with self._opened(name) as member:
            for line in lines:
                member.write(line)
                sha.update(line)
                rows += 1
                yield rows
        self._members[name] = Member(sha256=sha.hexdigest(), rows=rows if count else None)

    def _opened(self, name: str) -> IO[bytes]:
        info = zipfile.ZipInfo(name, _EPOCH_DATE)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        return self._zip.open(info, "w", force_zip64=True)


class Reader:
    """Reads a backup.

    Attributes:
        manifest: what it holds.
    """

    def __init__(self, path: Path) -> None:
        """Opens it and reads the manifest.

        Raises:
            ArchiveError: if it is no backup, or of a newer release.
            OSError: if it cannot be read.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise ArchiveError(f"{path} is no backup, or was cut off.") from None
        try:
            with self._zip.open(MANIFEST) as member:
                self.manifest = Manifest.model_validate_json(member.read(_MOST_MANIFEST))
        except (KeyError, ValidationError, *_DAMAGE):
            self._zip.close()
            raise ArchiveError(
                f"{path} is no backup that this release reads: its manifest is missing or of "
                "another kind."
            ) from None

    def close(self) -> None:
        """Closes the file."""
        self._zip.close()

    def check(self) -> None:
        """Holds every member to its digest.

        Raises:
            ArchiveError: if one is not as it was written.
        """
        names = {*self._zip.namelist()} - {MANIFEST}
        if names != self.manifest.members.keys():
            raise ArchiveError("The backup has not the members that its manifest names.")
        for name, member in self.manifest.members.items():
            sha = hashlib.sha256()
            for piece in self._pieces(name):
                sha.update(piece)
            if sha.hexdigest() != member.sha256:
                raise ArchiveError(f"The backup is damaged: {name} is not as it was written.")

    def rows(self, table: Table) -> Iterator[dict[str, Any]]:
        """The rows of a table, as the database takes them."""
        if _name(table) not in self.manifest.members:
            return
        with self._zip.open(_name(table)) as member:
            for line in member:
                yield _row(table, json.loads(line))

    def key(self, name: KeyName) -> bytes | None:
        """A secret key; None where the backup has none.

        Raises:
            ArchiveError: if there is something else in its place.
        """
        if _key_name(name) not in self.manifest.members:
            return None
        with self._zip.open(_key_name(name)) as member:
            key = bytes.fromhex(member.read(4 * KEY_BYTES).decode().strip())
        if len(key) != KEY_BYTES:
            raise ArchiveError(f"The backup's {name} key is none.")
        return key

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as member:
                while piece := member.read(_PIECE):
                    yield piece
        except _DAMAGE:
            raise ArchiveError(f"The backup is damaged: {name} cannot be read.") from None


_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What the zip of a damaged file raises."""


def _name(table: Table) -> str:
    return f"{table.name}.jsonl"


def _key_name(name: KeyName) -> str:
    return f"keys/{name}.key"


def _line(table: Table, row: Any) -> bytes:
    values = {column.name: _to_json(getattr(row, column.name)) for column in table.columns}
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return milliseconds(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _row(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """A column that an earlier release did not know is None."""
    return {column.name: _from_json(column, values.get(column.name)) for column in table.columns}


def _from_json(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Moment):
        return moment(value)
    return base64.b64decode(value) if isinstance(column.type, LargeBinary) else value
