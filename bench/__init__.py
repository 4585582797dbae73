"""Measures podlab beside its peers: in one run, in interleaved rounds, with everything else equal.

A suite (`pod`, `seats`, `start`, `growth`) names who takes part and returns a table; `rounds` measures and
`table` compares. Nothing here is part of the test suite.
"""
