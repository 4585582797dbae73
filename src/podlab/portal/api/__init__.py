"""The JSON API: of a seat for its page, of the trainer for theirs and for programs.

`shapes` is types as JSON, `describe` makes handlers that read their requests by them, `document` is OpenAPI of it all.
"""
