"""Where pods run. `base` is the promise, one folder for each engine that keeps it.

Nothing above this room sees an engine's own types, ids or errors.
"""
