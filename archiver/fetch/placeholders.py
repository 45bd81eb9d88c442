"""``${NAME}`` in the address of an account: where secrets stand that no registry, ledger or log may hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from archiver.fetch.masking import SHORTEST_SECRET
from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


class SecretMissingError(InputError):
    """An address names an environment variable that is not set, or that is too short to be masked."""

    code = "SECRET_MISSING"


def expand(url: str, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return ``url`` with every ``${NAME}`` replaced by that variable's value, percent-encoded, and those values.

    The values are secrets: they are masked wherever they occur, so a placeholder is for secrets only.

    Raises:
        SecretMissingError: a variable is not set, or has fewer characters than can be masked without hitting
            ordinary words.
    """
    secrets = []
    for name in dict.fromkeys(PLACEHOLDER.findall(url)):
        value = environment.get(name, "")
        if len(value) < SHORTEST_SECRET:
            why = f"has fewer than {SHORTEST_SECRET} characters" if value else "is not set"
            raise SecretMissingError(
                f"The environment variable {name!r} that an account's address names {why}.",
                do=f"Set {name} to the secret where Holdfast runs.",
                variable=name,
            )
        secrets.append(value)
    return PLACEHOLDER.sub(lambda match: quote(environment[match[1]], safe="", errors="surrogateescape"), url), tuple(
        secrets
    )
