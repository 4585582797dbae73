"""Pods on a Docker Engine (or on anything that speaks its API).

`find` reads what is there, `plan` (pure) compares it with what is wanted and names the steps, `apply` runs
them; `translate` turns a pod into the engine's own JSON and `commands` turns that into `docker` commands.
`api` is the wire, `streams` what runs over it. State is nowhere but in labels (`podlab.naming`).
"""
