"""Productions as packages that anyone can open, load and check: what is derived, what is sealed, what is sound."""
