"""What tests need: a fake engine, the contract that every engine passes, and a pytest plugin.

`FakeEngine` keeps every promise of `podlab.engines.base` in memory; `contract.EngineContract` proves it,
and the same of the real engines. Only `contract` imports pytest.
"""
