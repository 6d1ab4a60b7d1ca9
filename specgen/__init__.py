"""Facts to Plan to Spec: authors, the compiler from Python, and the printing of TLA+."""
