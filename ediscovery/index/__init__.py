"""The index that searches are answered from: derived from evidence, and made again from it at any time."""
