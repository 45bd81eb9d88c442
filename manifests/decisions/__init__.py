"""Decisions that need people: proposed by one, signed by others with keys of their own, carried out by a machine."""
