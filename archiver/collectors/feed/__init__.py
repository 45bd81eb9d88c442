"""Feeds and podcasts: RSS, RDF, Atom, JSON Feed, their comments and media."""
