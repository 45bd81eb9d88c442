"""Credentials: where a machine keeps them, how they are obtained from a platform, and how they are renewed."""
