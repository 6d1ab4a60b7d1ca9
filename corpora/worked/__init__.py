"""The worked example: specifications of one case before and after its fix, written task by task."""
