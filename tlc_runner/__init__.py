"""Runs TLC on a specification and says in data what came of it."""
