"""One file a platform, over the shared recording transport."""
