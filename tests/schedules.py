"""Schedules and rules as an office writes them, in TOML: what they all say first."""

from __future__ import annotations


def schedule_text(series: str, *, name: str = "ours") -> str:
    """The text of a schedule with these series."""
    return f"""
[schedule]
name = "{name}"
title = "Schedule of Maple Grove"
authority = "Board resolution 12"
edition = "2026"
effective = 2026-01-01
zone = "America/Chicago"
{series}"""


def rules_text(rules: str) -> str:
    """The text of a classification with these rules."""
    return f"""
[classification]
title = "How Maple Grove tells records apart"
{rules}"""
