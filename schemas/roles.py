"""As what people approve: that holds are released, that records are disposed of."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["records-officer", "legal-reviewer"]
ROLES: tuple[Role, ...] = get_args(Role)
