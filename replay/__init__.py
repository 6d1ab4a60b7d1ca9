"""Counterexamples as tests on the real code; ``replay.runtime`` is what such a test imports."""
