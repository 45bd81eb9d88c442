"""Evidence out: search and productions."""
