"""Bytes at keys, codecs and locks: the only floor that touches files, buckets, Parquet and WARC."""
