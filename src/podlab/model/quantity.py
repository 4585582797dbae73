"""Amounts as people write them."""

Quantity = str | int | float
"""`500m`, `64Mi`, `2`; read with `podlab.quantity`."""
