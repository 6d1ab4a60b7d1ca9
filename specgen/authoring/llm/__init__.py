"""The author that asks a language model, by way of LangChain.

``author.py`` answers a task; ``client.py`` is the only module that imports LangChain, and only when a call is made.
"""
