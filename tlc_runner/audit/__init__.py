"""Says of any TLA+ specification what a pass of it means: what never happens in it, and which changes it notices."""
