"""Breaks whole inputs as bad lines and strangers break them; the same seed breaks the same way."""

import random
import re
import struct
from collections.abc import Callable

MOST_BYTES = 256 * 2**10
"""Of a broken input: beyond it, sending costs more than it finds."""

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NUMBER = re.compile(rb"\d+")
_NUMBERS = (b"0", b"-1", b"1e999", b"NaN", b"99999999999999999999", b"0x10", b"\xd9\xa3", b"")
_TOKENS = (
    *(b"\0", b"\r\n", b"\xff", b"\xc3\x28", b"\\ud800", b"null", b"true", b"[[[[[[[[", b'{"":'),
    *(b'"', b",", b";", b"%00", b"%", b"../", b"' OR 1=1 --", b"\xef\xbb\xbf", b"=", b"--"),
)


class Mutator:
    """A few of its breakages at a time.

    Args:
        chance: what is drawn from; equal ones break equally.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._ways: tuple[Callable[[bytearray, bytes], bytearray], ...] = (
            self._flip,
            self._overwrite,
            self._cut_end,
            self._cut_out,
            self._splice,
            self._set_length,
            self._repeat,
            self._insert,
            self._change_number,
        )

    def broken(self, data: bytes, other: bytes) -> bytes:
        """The input with one to four things done to it.

        Args:
            data: a whole input.
            other: another one, whose parts may be spliced in.
        """
        made = bytearray(data)
        for _ in range(self._chance.choice((1, 1, 1, 2, 3, 4))):
            made = self._chance.choice(self._ways)(made, other)
        return bytes(made[:MOST_BYTES])

    def _place(self, data: bytearray) -> int:
        return self._chance.randrange(len(data) + 1)

    def _stretch(self, data: bytearray) -> tuple[int, int]:
        start = self._place(data)
        return start, min(len(data), start + self._chance.choice((1, 4, 16, 64, 1024)))

    def _flip(self, data: bytearray, _: bytes) -> bytearray:
        if data:
            for _flip in range(self._chance.choice((1, 2, 8, 1 + len(data) // 100))):
                data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
        return data

    def _overwrite(self, data: bytearray, _: bytes) -> bytearray:
        start, end = self._stretch(data)
        filling = self._chance.choice((b"\0", b"\xff", b"\x80", b" ", b"A", b""))
        data[start:end] = (
            filling * (end - start) if filling else self._chance.randbytes(end - start)
        )
        return data

    def _cut_end(self, data: bytearray, _: bytes) -> bytearray:
        return data[: self._place(data)]

    def _cut_out(self, data: bytearray, _: bytes) -> bytearray:
        start, end = self._stretch(data)
        del data[start:end]
        return data

    def _splice(self, data: bytearray, other: bytes) -> bytearray:
        return data[: self._place(data)] + other[self._chance.randrange(len(other) + 1) :]

    def _set_length(self, data: bytearray, _: bytes) -> bytearray:
        """Writes an edge case, or about the input's own length, where a length may stand."""
        value = self._chance.choice((*_EDGES, len(data), len(data) * 2, max(len(data) - 1, 0)))
        form = self._chance.choice(("<B", "<H", ">H", "<I", ">I"))
        field = struct.pack(form, value % 2 ** (8 * struct.calcsize(form)))
        start = self._place(data[: self._chance.choice((32, 256, len(data)))])
        data[start : start + len(field)] = field
        return data

    def _repeat(self, data: bytearray, _: bytes) -> bytearray:
        start, end = self._stretch(data)
        data[start:end] = data[start:end] * self._chance.choice((2, 3, 16, 256))
        return data

    def _insert(self, data: bytearray, _: bytes) -> bytearray:
        start = self._place(data)
        data[start:start] = self._chance.choice(_TOKENS)
        return data

    def _change_number(self, data: bytearray, _: bytes) -> bytearray:
        found = list(_NUMBER.finditer(data))
        if found:
            start, end = self._chance.choice(found).span()
            data[start:end] = self._chance.choice(_NUMBERS)
        return data
