"""ConfigMaps, Secrets and claims on an engine that knows none of them.

Each version of an object is the label of a volume of its own that nobody mounts, as a pod's wanted state is
(`store`); the newest counts. A Secret's values are there sealed (`seal`).
"""
