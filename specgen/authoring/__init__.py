"""Specifications written by a model or a coding agent: tasks, answers, gates, and the record of every exchange."""
