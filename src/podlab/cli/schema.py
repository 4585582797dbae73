"""`podlab schema`: JSON Schema for editors."""

from __future__ import annotations

import click

KINDS = (
    "pod", "configmap", "secret", "persistentvolumeclaim", "deployment", "replicaset", "statefulset", "daemonset",
    "job", "cronjob", "workshop",
)  # fmt: skip


@click.command("schema", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("kind", type=click.Choice(KINDS, case_sensitive=False), default="pod")
def command(kind: str) -> None:
    """Print the JSON Schema of files of one kind: pods, workshops (podlab.yaml), or what else podlab reads.

    \b
    Examples:
      podlab schema > pod.schema.json
      # yaml-language-server: $schema=pod.schema.json   (first line of a pod file)
    """
    import json

    from podlab.manifest.schema import schema

    click.echo(json.dumps(schema(kind), indent=2))
