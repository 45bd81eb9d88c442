"""Platforms, a file each: how their objects read, and how their accounts are read over the network."""
