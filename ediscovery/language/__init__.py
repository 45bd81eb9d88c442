"""The language people search in: from text to a term."""
