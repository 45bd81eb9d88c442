"""The strict check of a package, offline: files, signed document, the ledger's word, what is derived (FORMAT 6.8).

Nothing is believed that the package says of itself. What is wrong is collected.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from ediscovery.bags import names, reading
from ediscovery.bags.comparing import Comparison
from ediscovery.packages import naming, sealed
from ediscovery.packages.derived import Derived
from ediscovery.packages.handed import checker
from ediscovery.packages.opticon import VOLUME, opt
from ediscovery.packages.report import PackageReport
from ediscovery.packages.sealed import Sealed
from ediscovery.production.checking import check, read_manifest
from ediscovery.production.manifest import MANIFEST_NAME
from ediscovery.production.reading import LARGEST_FILE, decoded
from ediscovery.production.signed import SignedPdf
from ediscovery.production.steps import Judged, findings_of, steps_of
from manifests.archive import SOFTWARE
from manifests.audit.found import Found
from manifests.proofs.file import check_proof_of_record, read_proof_of_record
from manifests.proofs.vouching import fingerprints, vouch
from schemas.digest import Digest
from schemas.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ediscovery.bags.writing import Filed
    from ediscovery.packages.opticon import ImageKind
    from ediscovery.production.manifest import ProductionManifest
    from ediscovery.production.report import ProductionReport
    from manifests.proofs.hops import Proved
    from manifests.proofs.vouching import Trust, Vouched

LARGEST_SEALED = 16 << 20
TITLES = (
    "Files: every one that the manifests name is there, byte for byte, and no other",
    "They are those of the production: natives and proofs are the ones attached to its document",
    "sealed.json: the archive sealed this document, with these records in this order",
    "Text, load files, draft and page of instructions: made anew, they are the same",
)
ANOTHER = f"another version of Holdfast wrote it than this one, {SOFTWARE}"


@dataclass(slots=True)
class _Checked:
    """What was found so far."""

    files: Mapping[str, Filed]
    manifest: ProductionManifest | None = None
    production: ProductionReport | None = None
    vouched: Vouched | None = None
    sealed: Sealed | None = None
    belonging: Found = field(default_factory=Found)
    seal: Found = field(default_factory=Found)
    derived: Found = field(default_factory=Found)
    compared: int = 0


def inspect(
    folder: Path, trust: Trust, *, roots: Sequence[bytes] = (), tell: Callable[[int, int], None] = lambda *_: None
) -> PackageReport:
    """Return what is right and wrong with the package in ``folder``.

    ``roots`` are PEM files of authorities whose certificates are trusted for the document's signature; ``tell`` is
    told of records, done and of all.

    Raises:
        NotAPackageError: there is none, or one that was never finished.
        TrustRootUnusableError: a file of ``roots`` holds no certificate.
    """
    reading.demand_package(folder)
    package = Digest.of(reading.read_file(folder, names.LAST))
    bag = Comparison(folder)
    bag.tags()
    checked = _Checked({filed.name: filed for filed, _ in bag.payload()})
    info = bag.labels()
    ours = info.get("Bag-Software-Agent") == SOFTWARE
    # Keys change: who signed the production's own checkpoint need not be known from elsewhere, for the path in
    # sealed.json leads from it to one that the known key signed.
    _check_document(folder, checked, replace(trust, verifier=None), roots, tell, ours=ours)
    if checked.manifest is not None:
        _check_sealed(folder, checked, checked.manifest, trust)
        if info and info.get("External-Identifier") != checked.manifest.production:
            checked.belonging.fault("PACKAGE_DIFFERS", names.INFO, "It names another production.")
    return _report(package, bag, checked, ours=ours)


def _check_document(
    folder: Path,
    checked: _Checked,
    trust: Trust,
    roots: Sequence[bytes],
    tell: Callable[[int, int], None],
    *,
    ours: bool,
) -> None:
    """Check the signed document as ``holdfast verify FILE`` does, and the package's files beside what it holds."""
    try:
        handed = SignedPdf.read(
            reading.read_file(folder, naming.DOCUMENT, most=LARGEST_FILE), trust_roots=roots, at=trust.at
        )

        def check_record(content: bytes, native: bytes | None) -> Proved:
            return check_proof_of_record(content, native, trust)

        checked.production = check(
            handed,
            check_record=check_record,
            check_checkpoint=lambda note, claims: vouch(note, claims, trust),
            progress=tell,
        )
        attached = handed.attached()
        if not checked.production.sound:
            return
        manifest = read_manifest(attached[MANIFEST_NAME], attached=len(attached))
        derived = Derived(manifest)
        made = dict(
            derived.add(one, read_proof_of_record(decoded(one.proof, attached[one.proof], size=one.proof_size)))
            for one in manifest.records
        )
        made |= derived.rest()
    except ArchiveError as error:
        checked.belonging.error(error, naming.DOCUMENT)
        return
    checked.manifest = manifest
    _compare(checked, _own(manifest), made, ours=ours)


def _own(manifest: ProductionManifest) -> dict[str, str | None]:
    """Return the files that belong to a production, with the SHA-256 of those whose content its document has."""
    own: dict[str, str | None] = {naming.MANIFEST: Digest.of(manifest.to_bytes()).hex}
    own |= dict.fromkeys((naming.DOCUMENT, naming.SEALED, *map(naming.handed, naming.HANDED)))
    for one in manifest.records:
        own[naming.proof(one)] = one.proof_sha256.hex
        if (whole := one.whole) is not None:
            own[naming.native(whole.name)] = whole.sha256.hex
    return own


def _compare(checked: _Checked, own: Mapping[str, str | None], made: Mapping[str, bytes], *, ours: bool) -> None:
    """Compare what lies in the package with what belongs there, and what is derived with what is derived now."""
    for name in sorted(own.keys() | made.keys()):
        if name not in checked.files and (name in own or ours):
            checked.belonging.fault("PACKAGE_DIFFERS", name, "It belongs to the production, and is not there.")
    pictured = _pictured(checked)
    for name, filed in checked.files.items():
        if name in pictured or name == naming.EXCHANGES:
            continue
        if name in own:
            if own[name] not in (None, filed.sha256):
                checked.belonging.fault("PACKAGE_DIFFERS", name, "It is another one than the document has.")
        elif name in made:
            checked.compared += ours
            if ours and Digest.of(made[name]).hex != filed.sha256:
                checked.derived.fault("DERIVED_DIFFERS", name, "It is not what the records say.")
        elif ours or not naming.may_be_derived(name):
            checked.belonging.fault("PACKAGE_DIFFERS", name, "It does not belong to the production.")
    for name in naming.HANDED:
        lying = checked.files.get(naming.handed(name))
        if lying is not None and lying.sha256 != Digest.of(checker(name)).hex:
            what = "It is not the one that this version of Holdfast hands over: do not rely on what it says."
            checked.belonging.notice("CHECKER_DIFFERS", naming.handed(name), what)


def _pictured(checked: _Checked) -> set[str]:
    """Return the pictures of pages and their load file, as they belong there: of every page one, or of none."""
    manifest = checked.manifest
    images = {image[0]: image[1] for name in checked.files if (image := naming.image_of(name)) is not None}
    if manifest is None or not images:
        return set()
    numbers = range(manifest.bates.first, manifest.bates.last + 1)
    for number in numbers:
        if manifest.bates.spell(number) not in images:
            name = naming.image(manifest.bates.spell(number), "tif")
            checked.belonging.fault("PACKAGE_DIFFERS", name, "Other pages have a picture, and this one has none.")
            return set()
    kinds = {number: cast("ImageKind", images[manifest.bates.spell(number)]) for number in numbers}
    listed, there = opt(manifest, kinds, volume=VOLUME), naming.load_file(manifest.production, "opt")
    filed = checked.files.get(there)
    if filed is None or Digest.of(listed).hex != filed.sha256:
        checked.derived.fault("DERIVED_DIFFERS", there, "It does not lead to the pictures that are here.")
    return {there, *(naming.image(manifest.bates.spell(number), kind) for number, kind in kinds.items())}


def _check_sealed(folder: Path, checked: _Checked, manifest: ProductionManifest, trust: Trust) -> None:
    document = checked.files.get(naming.DOCUMENT)
    try:
        said = checked.sealed = Sealed.from_bytes(reading.read_file(folder, naming.SEALED, most=LARGEST_SEALED))
        if document is not None:
            checked.vouched = sealed.check(said, manifest, Digest.from_hex(document.sha256), trust)
    except ArchiveError as error:
        checked.seal.error(error, naming.SEALED)


def _report(package: Digest, bag: Comparison, checked: _Checked, *, ours: bool) -> PackageReport:
    judged = tuple(
        Judged(title, number, tuple(found.findings), note)
        for title, (number, found, note) in zip(
            TITLES,
            (
                (bag.checked, bag.files, None),
                (len(checked.files), checked.belonging, None),
                (int(checked.vouched is not None), checked.seal, None),
                (checked.compared, checked.derived, None if ours else ANOTHER),
            ),
            strict=True,
        )
    )
    claims = checked.sealed.claims if checked.sealed is not None and checked.vouched is not None else None
    return PackageReport(
        package=package,
        steps=steps_of(judged),
        findings=findings_of(judged),
        production=checked.production,
        verifier=claims.verifier if claims else None,
        vouched=checked.vouched.statements() if checked.vouched else (),
        witnesses=claims.witnesses if claims else (),
        roots=fingerprints(claims) if claims else (),
    )
