"""Readers of files on disk: the native slices of a platform's own exports."""
