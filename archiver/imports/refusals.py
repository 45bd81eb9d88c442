"""What is refused of an import, by name: a file or a part of one, where it lies, and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from archiver.parsing.json_slices import Buffer

STEP = 1 << 20


class ImportRefusedError(InputError):
    """A file, or a part of it, is not what can be imported; the facts ``line`` and ``offset`` say where."""

    code = "IMPORT_REFUSED"


class ImportTooLargeError(InputError):
    """A file, or all that a container holds, is larger than is taken."""

    code = "IMPORT_TOO_LARGE"


class ImportUnreadableError(InputError):
    """A file cannot be read."""

    code = "IMPORT_UNREADABLE"


class ImportDamagedError(InputError):
    """A container, or a file in it, is cut off or does not have the bytes that it was packed with."""

    code = "IMPORT_DAMAGED"


class ImportForgedError(InputError):
    """A signature that came with what was handed over does not fit it."""

    code = "IMPORT_FORGED"


class ImportEncryptedError(InputError):
    """A file in a container is encrypted."""

    code = "IMPORT_ENCRYPTED"


class ImportBombError(InputError):
    """A file in a container unpacks to far more than anything real does."""

    code = "IMPORT_BOMB"


class ImportNameUnsafeError(InputError):
    """A file in a container has a name that leads out of it, or that is none."""

    code = "IMPORT_NAME_UNSAFE"


class ImportNameTwiceError(InputError):
    """A container holds a second file of one name."""

    code = "IMPORT_NAME_TWICE"


class ImportNoFileError(InputError):
    """What a container holds under a name is no file: a link, a device."""

    code = "IMPORT_NO_FILE"


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a file that cannot be read; what stands before and after it can."""

    offset: int
    length: int
    error: InputError


def refusals(content: Buffer) -> Callable[[int, int, str], Refused]:
    """Return what makes refusals of parts of ``content``: offset, length, why.

    Lines are counted once, as long as the offsets grow.
    """
    counted, line = 0, 1

    def refused(offset: int, length: int, why: str) -> Refused:
        nonlocal counted, line
        if offset < counted:
            counted, line = 0, 1
        while counted < offset:
            end = min(offset, counted + STEP)
            line += content[counted:end].count(b"\n")
            counted = end
        error = ImportRefusedError(
            f"Line {line} (byte {offset}) cannot be read: {why}.",
            do="The rest of the file can be imported. Obtain this part again, or keep the file as it is.",
            line=line,
            offset=offset,
        )
        return Refused(offset, length, error)

    return refused
