"""Objects in a bucket of S3-compatible storage; only ``client`` and ``refusals`` know boto3."""
