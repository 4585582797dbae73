"""Who has which seat? Seats and their pods, codes, progress, and the file that holds what no engine can.

Here live the pool of seats (`pool`), who may have one (`admission`, `codes`), how far they are (`progress`), what is
told to whoever watches (`events`), and the SQLite file (`store`). Nothing here knows HTTP.
"""
