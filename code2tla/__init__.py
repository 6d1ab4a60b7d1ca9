"""The command: settings, pipeline, run directory. The only room that knows all others."""
