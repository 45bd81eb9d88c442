"""The papers of destruction: the list that people look through before they approve, and the certificate afterwards."""
