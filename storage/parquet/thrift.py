"""Thrift's compact protocol as far as Parquet uses it, for reading headers that are not trusted. Pure.

pyarrow ends the process when it is asked about some damaged headers, so they are looked at here first. See
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import TypeAlias

from storage.parquet.limits import PartitionMalformedError, malformed

Value: TypeAlias = "bool | int | bytes | list[Value] | Struct"
Struct: TypeAlias = "dict[int, Value]"

STOP, TRUE, FALSE = 0, 1, 2
NUMBERS = (4, 5, 6)  # I16, I32, I64
LONG_LIST = 15
CONTINUED = 0x80
DEEPEST = 16
LONGEST_VARINT = 10


class Cursor:
    """A place in bytes, moved by reading; every read beyond their end is refused."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def read_struct(self, depth: int = 0) -> Struct:
        """Return a struct: its values by field number.

        Raises:
            PartitionMalformedError: this is no struct, or it does not end here.
        """
        if depth > DEEPEST:
            raise _damaged()
        fields: Struct = {}
        number = 0
        while (header := self._byte()) != STOP:
            number = number + (header >> 4) if header >> 4 else self._zigzag()
            kind = header & 15
            if kind in NUMBERS:  # most fields are
                fields[number] = self._zigzag()
            else:
                fields[number] = kind == TRUE if kind in (TRUE, FALSE) else self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Value:
        match kind:
            case 3:  # BYTE
                return self._byte()
            case 4 | 5 | 6:  # NUMBERS
                return self._zigzag()
            case 7:  # DOUBLE
                return self._take(8)
            case 8:  # BINARY
                return self._take(self._varint())
            case 9 | 10:  # LIST, SET
                return self._list(depth + 1)
            case 12:  # STRUCT
                return self.read_struct(depth + 1)
            case _:
                raise _damaged()

    def _list(self, depth: int) -> list[Value]:
        if depth > DEEPEST:
            raise _damaged()
        header = self._byte()
        size, kind = header >> 4, header & 15
        if size == LONG_LIST:
            size = self._varint()
        if size > len(self.content) - self.at:  # an element has at least one byte
            raise _damaged()
        if kind in (TRUE, FALSE):
            return [self._byte() == TRUE for _ in range(size)]
        return [self._value(kind, depth) for _ in range(size)]

    def _byte(self) -> int:
        at = self.at
        self.at = at + 1
        try:
            return self.content[at]
        except IndexError:
            raise _damaged() from None

    def _take(self, size: int) -> bytes:
        if size > len(self.content) - self.at:
            raise _damaged()
        self.at += size
        return self.content[self.at - size : self.at]

    def _varint(self) -> int:
        value = self._byte()
        if value < CONTINUED:  # most are one byte long
            return value
        value &= 0x7F
        for shift in range(7, 7 * LONGEST_VARINT, 7):
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < CONTINUED:
                return value
        raise _damaged()

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _damaged() -> PartitionMalformedError:
    return malformed("damaged", "a header of it is no header of Parquet")
