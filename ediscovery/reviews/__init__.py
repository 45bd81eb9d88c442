"""Reviews: the hits of a search, and what people decide of each before anything is produced."""
