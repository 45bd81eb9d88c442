"""Proofs in files that are checked offline (FORMAT section 6): of a record, and that one ledger continues another."""
