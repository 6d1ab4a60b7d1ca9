"""What a run found, for people and for machines: terminal, Markdown, HTML and JSON."""
