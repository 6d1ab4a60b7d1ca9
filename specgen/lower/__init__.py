"""Python source to the graph of ``specgen.ir``."""
