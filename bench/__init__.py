"""Measures podlab beside its peers: in one run, in interleaved rounds, with everything else equal.

A suite (`pod`, `seats`, `start`, `growth`) names who takes part and returns tables; `rounds` measures, `table`
compares and prints. Nothing here is timed in the test suite.
"""
