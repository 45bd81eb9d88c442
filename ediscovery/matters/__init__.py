"""Matters: cases and records requests, the holds that they place, and what is due in them by when."""
