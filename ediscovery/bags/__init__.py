"""Bags (BagIt 1.0, RFC 8493): written so that what was cut short shows, and read so that nothing is believed."""
