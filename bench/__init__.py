"""How fast each step is, as a ratio beside what a user would take instead; run by ``./run bench``."""
