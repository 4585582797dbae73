"""What one can do with a pod, on any engine: bring it up and wait until it is ready, probe it, read its logs.

Nothing here knows which engine it is, or a container's id: all goes through `engines.base.Engine`.
"""
