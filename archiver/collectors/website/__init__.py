"""Websites: the pages of one origin as the server sends them, with what they are made of."""
