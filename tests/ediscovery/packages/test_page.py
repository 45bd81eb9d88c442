"""VERIFY.html as it is written: what it allows itself."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from tests.ediscovery.packages.sealed import HANDED

PAGE = (HANDED / "VERIFY.html").read_text(encoding="utf-8")
(POLICY,) = re.findall('http-equiv="Content-Security-Policy" content="([^"]*)"', PAGE)


@pytest.mark.parametrize("kind", ["script", "style"])
def test_it_allows_nothing_but_what_is_in_it(kind) -> None:
    (held,) = re.findall(f"<{kind}>(.*?)</{kind}>", PAGE, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(held.encode()).digest()).decode()
    assert f"{kind}-src 'sha256-{digest}'" in POLICY.split("; ")


def test_it_names_no_address_and_is_allowed_none() -> None:
    assert POLICY.split("; ")[0] == "default-src 'none'"
    assert len(re.findall("<script|<style|<link|<img|<iframe", PAGE)) == 2
    words = ("http:", "https:", "//www", "@import", "url(", "unsafe", "innerHTML", "eval(", "Function(", " onclick")
    assert [word for word in words if word in PAGE] == []
