"""What is handed over to be imported: a file, a folder, a ZIP or a tar, as the files that it holds."""
