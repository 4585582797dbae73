"""Where does a portal run for good? As plain manifests: its own namespace, the least rights, a volume, an Ingress.

`cluster` puts all documents together, of `portal`, `rights` and `folder`, and of what the seats stand on;
`carrying_out` applies them. Everything but the last is pure, so that `--dry-run` shows all there is.
"""
