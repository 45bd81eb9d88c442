"""Platforms whose APIs answer JSON in pages: one engine that asks what a platform declares."""
