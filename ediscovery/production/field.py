"""The field of the signature, which is there before the document is signed: its name, and what it is for."""

NAME = "Production"
FIELD = (NAME, "Signature of whoever made this document")
