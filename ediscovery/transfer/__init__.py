"""Records handed to an archives: chosen, packed with their proofs in a BagIt bag, checked offline, and confirmed."""
