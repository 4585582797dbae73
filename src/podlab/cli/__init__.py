"""What one can type. One verb a file; `main` is only the command table and imports no command.

Commands hold no logic that the library lacks: they parse, call `podlab.pods` or the engine, and print.
"""
