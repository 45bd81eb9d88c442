"""The chain: its rules, its keys, its proofs and the audit that trusts nothing."""
