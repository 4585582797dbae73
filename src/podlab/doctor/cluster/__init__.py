"""Will it run in this cluster, and how much of it?

`gather` asks, `probing` tries, and `findings` and `room` judge without either.

Nothing is changed but a namespace of the doctor's own, which goes again.
"""
