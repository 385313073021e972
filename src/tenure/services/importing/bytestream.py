"""The bytes of a file as UTF-8, whatever its compression and encoding; says what it found and where it broke off."""

from __future__ import annotations

import codecs
import zlib
from pathlib import Path
from typing import BinaryIO

from tenure.errors import BadInput

SAMPLE_BYTES = 256 * 1024
_GZIP = b"\x1f\x8b"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP or Excel file", "Save the sheet as CSV (UTF-8) and import that."),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "Save the sheet as CSV (UTF-8) and import that."),
    (b"%PDF", "a PDF", "Export the data as CSV, Parquet or JSON lines."),
    (b"SQLite format 3\0", "an SQLite database", "Declare it as a [source.sql] with its SQLAlchemy URL."),
    (b"BZh", "compressed with bzip2", "Unpack it, or compress it with gzip."),
    (b"\xfd7zXZ", "compressed with xz", "Unpack it, or compress it with gzip."),
    (b"(\xb5/\xfd", "compressed with zstd", "Unpack it, or compress it with gzip."),
)


class Bytes:
    """Reads a file, unpacking gzip; what was readable before a break is still given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.total = path.stat().st_size
        self.done = 0
        self.broke_off = ""
        self._file: BinaryIO = path.open("rb")
        self._unpack = zlib.decompressobj(31) if self._file.read(2) == _GZIP else None
        self._file.seek(0)

    def close(self) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """About `size` bytes, empty only at the end."""
        if self._unpack is None:
            block = self._file.read(size)
            self.done += len(block)
            return block
        return self._unpacked(size)

    def _unpacked(self, size: int) -> bytes:
        out: list[bytes] = []
        length = 0
        while length < size and not self.broke_off:
            packed = self._file.read(1 << 18)
            self.done += len(packed)
            if not packed:
                if self._unpack is not None and not self._unpack.eof:
                    self.broke_off = "the compressed data ends in the middle"
                break
            part = self._inflate(packed)
            out.append(part)
            length += len(part)
        return b"".join(out)

    def _inflate(self, packed: bytes) -> bytes:
        """Unpack a piece, going on where one gzip member follows another; zero padding at the end is no member."""
        out = []
        try:
            while packed and self._unpack is not None:
                out.append(self._unpack.decompress(packed))
                packed = self._unpack.unused_data.lstrip(b"\0") if self._unpack.eof else b""
                if packed:
                    self._unpack = zlib.decompressobj(31)
        except zlib.error:
            self.broke_off = "the compressed data is damaged"
        return b"".join(out)


class Utf8:
    """A file as blocks of UTF-8. `encoding` is what was found; `unsure` while only ASCII was seen."""

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.source = Bytes(path)
        try:
            self.sample = self.source.read(SAMPLE_BYTES)
            _refuse_foreign(path, self.sample)
            found, skip = _find_encoding(path, self.sample, is_declared=encoding is not None)
        except BaseException:
            self.source.close()
            raise
        declared = None if encoding is None else codecs.lookup(encoding).name
        self._head: bytes | None = self.sample[skip:]
        self.encoding = found if declared is None or (declared == "utf-16" and found.startswith("utf-16")) else declared
        self.unsure = declared is None and found == "ascii"
        self._decoder = codecs.getincrementaldecoder(self.encoding)("replace") if _is_wide(self.encoding) else None

    @property
    def broke_off(self) -> str:
        return self.source.broke_off

    def close(self) -> None:
        self.source.close()

    def read(self, size: int) -> bytes:
        """A block of UTF-8 (of a UTF-8 file: as it is, checked later cell by cell); empty at the end."""
        while True:
            if self._head is not None:
                raw, self._head = self._head, None
            else:
                raw = self.source.read(size)
            if not raw:
                return self._decoder.decode(b"", True).encode() if self._decoder else b""
            text = self._as_utf8(raw)
            if text:
                return text

    def _as_utf8(self, raw: bytes) -> bytes:
        if self._decoder is not None:
            return self._decoder.decode(raw).encode("utf-8", "replace")
        if self.unsure and not raw.isascii():
            self.encoding, self.unsure = _narrow_encoding(raw), False
        if self.encoding in ("ascii", "utf-8"):
            return raw
        try:
            return raw.decode(self.encoding).encode()
        except UnicodeDecodeError:
            return raw.decode("latin-1").encode()


def _is_wide(encoding: str) -> bool:
    return encoding.replace("_", "-").startswith(("utf-16", "utf-32"))


def _refuse_foreign(path: Path, sample: bytes) -> None:
    for magic, what, fix in _FOREIGN:
        if sample.startswith(magic):
            raise BadInput(f"{path.name} is {what}, not a text file.", fix)


def _find_encoding(path: Path, sample: bytes, is_declared: bool) -> tuple[str, int]:
    """The encoding of a file's beginning and the length of its byte order mark."""
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return encoding, len(mark)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > len(sample) * 0.2 and even < odd * 0.1:
        return "utf-16-le", 0
    if even > len(sample) * 0.2 and odd < even * 0.1:
        return "utf-16-be", 0
    if not is_declared and _looks_binary(sample):
        raise BadInput(f"{path.name} holds binary data, not text.", "Export it as CSV, Parquet or JSON lines.")
    return ("ascii" if sample.isascii() else _narrow_encoding(sample)), 0


def _looks_binary(sample: bytes) -> bool:
    control = sum(sample.count(code) for code in (*range(9), 11, *range(14, 32)))
    return control > len(sample) * 0.05


def _narrow_encoding(sample: bytes) -> str:
    """UTF-8 when it is (or is but for a few broken bytes), else Windows-1252, else Latin-1."""
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(1 for character in text if character > "\x7f") - broken
    if broken == 0 or whole > 4 * broken or (broken == 1 and text.endswith("\ufffd") and len(sample) >= SAMPLE_BYTES):
        return "utf-8"
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"
