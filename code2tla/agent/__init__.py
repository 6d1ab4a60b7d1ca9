"""The agent author at work: a coding agent or a person takes the tasks one by one and hands the answers in."""
