"""A small real site on loopback, and the main job done on it once: ``./run demo``."""
