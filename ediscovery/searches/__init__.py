"""Searches that are saved under a name, and alerts that tell what they find anew."""
