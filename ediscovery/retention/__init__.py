"""How long records must be kept, and by whose authority: schedules and the classification, read from files."""
