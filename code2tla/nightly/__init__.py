"""``code2tla check``: a specification against a later commit of its code, night after night."""
