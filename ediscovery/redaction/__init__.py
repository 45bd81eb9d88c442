"""Redaction: what is left out of records that are handed over, by rules that people write, and what stays proved."""
