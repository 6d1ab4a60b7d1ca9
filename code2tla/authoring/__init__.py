"""Authors that write, in the pipeline's words: who is chosen, how TLC judges for them, what they leave behind."""
