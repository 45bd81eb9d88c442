"""From a selection of records to a signed, numbered document, and back to a verdict on it."""
