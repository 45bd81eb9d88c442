"""Disposition: what is due is planned, approved, destroyed and certified."""
