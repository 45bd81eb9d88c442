"""Destruction as the ledger tells it: plans, what takes the place of objects, and the rules of their acts."""
