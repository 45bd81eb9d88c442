"""Ready schedules of authorities, and a classification: examples in TOML, to be checked by a records officer."""

from __future__ import annotations

from importlib.resources import files

from schemas.errors import InputError

ENDING = ".toml"


class PackUnknownError(InputError):
    """There is no ready schedule of that name."""

    code = "PACK_UNKNOWN"


def names() -> tuple[str, ...]:
    """Return the names of the packs, in order."""
    found = (one.name for one in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(ENDING) for name in found if name.endswith(ENDING)))


def text(name: str) -> str:
    """Return the text of a pack.

    Raises:
        PackUnknownError: there is none of that name.
    """
    if name not in names():
        raise PackUnknownError(f"There is no pack {name!r}.", do=f"These are there: {', '.join(names())}.", name=name)
    return files(__name__).joinpath(name + ENDING).read_text(encoding="utf-8")
