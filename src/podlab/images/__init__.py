"""Where images come from: found on the engine, pulled from a registry, or built from Debian packages.

Here lives: reference parsing, the recipes, bundles, and the choice between the sources. What an engine
must offer for it is `store.ImageStore`; which engine that is, nobody here knows.
"""
