"""Keys through officers' hands: statements proposed, carried to root keys that lie offline, signed, and adopted."""
