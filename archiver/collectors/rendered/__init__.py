"""Websites whose pages scripts make, Google Sites among them: read as a browser shows them."""
