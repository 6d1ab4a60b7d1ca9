"""``code2tla review``: the report with leave to decide, served to one person on this machine."""
