"""What lies in a package beside what its manifests, METS and PREMIS say of it: one pass, in the order of names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ediscovery.bags.comparing import Comparison, Source
from ediscovery.transfer import naming
from ediscovery.transfer.mets import read_files
from ediscovery.transfer.premis import read_objects
from manifests.audit.found import Found

if TYPE_CHECKING:
    from ediscovery.bags.comparing import Said
    from ediscovery.bags.writing import Filed
    from ediscovery.transfer.proving import Proving


@dataclass(slots=True)
class Described:
    """What was found of METS and PREMIS beside the files of a bag."""

    bag: Comparison
    found: Found = field(default_factory=Found)

    def payload(self, proving: Proving) -> None:
        """Compare the payload with the manifests, METS and PREMIS, and have every record proved."""
        sources = (
            Source(naming.METS, read_files(self.bag.folder / naming.METS), self.found),
            Source(naming.PREMIS, read_objects(self.bag.folder / naming.PREMIS), self.found),
        )
        for filed, said in self.bag.payload(*sources, each=proving.feed):
            self._file(filed, said)
            if naming.PREMIS in said:
                proving.told(said[naming.PREMIS].record)
        proving.finish()

    def _file(self, filed: Filed, said: Said) -> None:
        part = naming.part_of(filed.name)
        native = part is not None and part[1].startswith("native.")
        self._of(naming.METS, "METS_DIFFERS", filed, said, expected=filed.name != naming.METS)
        self._of(naming.PREMIS, "PREMIS_DIFFERS", filed, said, expected=native)

    def _of(self, source: str, code: str, filed: Filed, said: Said, *, expected: bool) -> None:
        one = said.get(source)
        if one is None:
            if expected and source not in self.bag.broken:
                self.found.fault(code, filed.name, f"{source} does not tell of it.")
        elif not expected:
            self.found.fault(code, filed.name, f"{source} tells of it, and must not.")
        elif (one.size, one.sha256) != (filed.size, filed.sha256):
            self.found.fault(code, filed.name, f"{source} gives another size or SHA-256.")
