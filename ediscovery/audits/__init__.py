"""The command ``verify``, and an audit's report as a document for people."""
