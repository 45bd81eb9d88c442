"""Witnesses: who cosigns an archive's checkpoints, so that it cannot show two histories (C2SP tlog-witness)."""
