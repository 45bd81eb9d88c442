"""What platforms tell by themselves: received, kept until it is sealed, and a reason to look at once."""
