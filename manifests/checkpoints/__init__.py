"""An archive's checkpoints and who vouches for them: asked for, kept, published, renewed, judged (FORMAT section 5)."""
