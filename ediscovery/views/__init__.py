"""Other views of what a search finds than a list: in numbers, by threads, each post once, and where it stands."""
