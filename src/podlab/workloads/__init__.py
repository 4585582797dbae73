"""What becomes of an object that makes pods? A Deployment is N pods of a template, a Job pods that end.

What is decided here is pure: how a pod of a template looks (`template`), what to make and remove next (`replicas`,
`ordinals`, `jobs`, `cron`). What carries it out (`apply`, `controller`) changes pods through the engine's promise only,
and keeps no state but the object itself, which the engine holds.
"""
