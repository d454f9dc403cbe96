"""The cells of received files as text, for the desk: parsed once in a limited child, then read from disk.

`desk/sheets/SHA-256/` under the data root holds one Parquet for each sheet, one of the register and `file.json`. It
can be deleted at any time. Like `raw/` it holds personal data, so only the owner may read it; the oldest go when it
grows past its limit.
"""

import json
import os
import secrets
import shutil
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path

import polars as pl

from errors import DamagedFile
from settings import Settings
from tasks.annotate.lines import column_number, sheet_finder
from tasks.children import Readers
from tasks.faults import Unreadable
from tasks.read.texts import FileTexts
from tasks.storage import raw_file
from tasks.stored import held_against, is_parquet, missing_or_changed

# Raised when what is kept of a file changes its meaning.
_FORMAT = 1
_MEGABYTE = 1024 * 1024
_MANIFEST = "file.json"
_REFUSED = 100


@dataclass(frozen=True)
class SheetFile:
    """One sheet of a file; the fields are those of `tasks.read.texts.SheetTexts`, the cells stand in `path`."""

    path: Path
    name: str
    form_sheet: str | None
    header_row: int | None
    letters: dict[str, str]
    open_cells: frozenset[str]
    rows: int
    columns: int
    is_hidden: bool

    def window(self, first_row: int, rows: int, first_column: int, columns: int) -> list[list[str | None]]:
        """Cells of a part of the sheet, row by row; rows and columns are counted from 1."""
        names = self._names()[first_column - 1 : first_column - 1 + columns]
        if not names:
            return []
        with _reading_copy(self.path):
            part = pl.scan_parquet(self.path, glob=False).select(names).slice(first_row - 1, rows).collect()
        return [list(row) for row in part.iter_rows()]

    def cells(self, addresses: set[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """The texts of some cells by row and column; those that are empty or outside of the sheet are left out."""
        wanted = {(row, column) for row, column in addresses if row <= self.rows and column <= self.columns}
        if not wanted:
            return {}
        names = self._names()
        columns = sorted({column for _, column in wanted})
        with _reading_copy(self.path):
            part = (
                pl.scan_parquet(self.path, glob=False)
                .select(names[column - 1] for column in columns)
                .with_row_index("", offset=1)
                .filter(pl.col("").is_in(sorted({row for row, _ in wanted})))
                .collect()
            )
        found = {}
        for number, *values in part.iter_rows():
            for column, value in zip(columns, values, strict=True):
                if (number, column) in wanted and value is not None:
                    found[number, column] = value
        return found

    def field_at(self, column: int) -> str | None:
        """The form's field whose column this is."""
        return self._fields().get(column)

    def _fields(self) -> dict[int, str]:
        return {column_number(letter): key for key, letter in self.letters.items()}

    def _names(self) -> list[str]:
        with _reading_copy(self.path):
            return list(pl.read_parquet_schema(self.path)) if self.columns else []


@dataclass(frozen=True)
class OpenFile:
    """A file's sheets in the sender's order."""

    sheets: tuple[SheetFile, ...]
    register_path: Path

    def sheet(self, name: str | None) -> SheetFile | None:
        """The sheet that a finding calls so; None where the file has no such sheet."""
        if not name:
            return None
        found = sheet_finder(one.name for one in self.sheets)(name)
        return next((one for one in self.sheets if one.name == found), None)

    def register(self) -> pl.DataFrame:
        """The households at period end: household_key, household_ref, class, persons, row."""
        with _reading_copy(self.register_path):
            return pl.read_parquet(self.register_path)


def _reading_copy(path: Path) -> AbstractContextManager[None]:
    """Raises DamagedFile where a copy is damaged, which is then thrown away: it is made again of the received file."""

    def look() -> None:
        wrong = missing_or_changed(path, is_parquet)
        if wrong:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise DamagedFile(
                f"the desk's copy {path.parent.name[:12]}/{path.name} {wrong[0]}",
                f"bản chép trang tính {path.parent.name[:12]}/{path.name} {wrong[1]}",
                "open the page again: the copy is made anew",
                "mở lại trang này: bản chép sẽ được tạo lại",
            )

    return held_against(look)


class SheetStore:
    """Opens files for the desk. `readers` are the limited children; safe for threads."""

    def __init__(self, settings: Settings, readers: Readers, megabytes: int = 256) -> None:
        self._settings = settings
        self._folder = settings.data / "desk" / "sheets"
        self._readers = readers
        self._most_bytes = megabytes * _MEGABYTE
        self._lock = threading.Lock()
        # Opening such a file again may take as long as the limits allow.
        self._refused: dict[str, Unreadable] = {}

    def open(self, submission_id: str, file_name: str) -> OpenFile:
        """A submission's file; parsed where it was not before.

        Raises Unreadable for a file that can't be opened, OSError and SystemFault where we can't.
        """
        found = self.at_hand(submission_id)
        if found is not None:
            return found
        with self._lock:
            found = self.at_hand(submission_id)
            if found is not None:
                return found
            if submission_id in self._refused:
                raise self._refused[submission_id]
            try:
                self._write(submission_id, self._readers.texts(raw_file(self._settings, submission_id), file_name))
            except Unreadable as refused:
                if len(self._refused) >= _REFUSED:
                    self._refused.clear()
                self._refused[submission_id] = refused
                raise
        found = self.at_hand(submission_id)
        if found is None:
            raise DamagedFile(
                f"the desk's copy {submission_id[:12]} is gone as soon as it was written",
                f"bản chép trang tính {submission_id[:12]} vừa ghi đã mất",
                "open the page again: the copy is made anew",
                "mở lại trang này: bản chép sẽ được tạo lại",
            )
        return found

    def at_hand(self, submission_id: str) -> OpenFile | None:
        """A file that was parsed before; None where it would have to be parsed."""
        folder = self._folder / submission_id
        try:
            known = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
            os.utime(folder / _MANIFEST)
        except (OSError, ValueError):
            return None
        if known.pop("format", None) != _FORMAT:
            return None
        sheets = [
            SheetFile(**one | {"path": folder / f"{number}.parquet", "open_cells": frozenset(one["open_cells"])})
            for number, one in enumerate(known["sheets"])
        ]
        return OpenFile(tuple(sheets), folder / "register.parquet")

    def _write(self, submission_id: str, texts: FileTexts) -> None:
        """Put a file's folder in place whole, then make room."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.parent.chmod(0o700)
        temporary = self._folder / f".tmp-{secrets.token_hex(6)}"
        temporary.mkdir(mode=0o700)
        try:
            listed = []
            for number, sheet in enumerate(texts.sheets):
                _write_private(temporary / f"{number}.parquet", sheet.cells)
                listed.append({one.name: getattr(sheet, one.name) for one in fields(sheet) if one.name != "cells"})
            _write_private(temporary / "register.parquet", texts.register)
            manifest = json.dumps({"format": _FORMAT, "sheets": listed}, ensure_ascii=False)
            _write_private(temporary / _MANIFEST, manifest.encode())
            shutil.rmtree(self._folder / submission_id, ignore_errors=True)
            os.replace(temporary, self._folder / submission_id)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        self._make_room(submission_id)

    def _make_room(self, newest: str) -> None:
        kept = sorted(self._folder.iterdir(), key=_last_used, reverse=True)
        total = 0
        for folder in kept:
            total += sum(path.stat().st_size for path in folder.iterdir())
            if total > self._most_bytes and folder.name != newest:
                shutil.rmtree(folder, ignore_errors=True)


def _last_used(folder: Path) -> float:
    manifest = folder / _MANIFEST
    return manifest.stat().st_mtime if manifest.exists() else 0


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
