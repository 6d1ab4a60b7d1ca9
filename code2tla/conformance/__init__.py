"""Whether the real code's steps are steps of its specification."""
