"""`podlab schema`: JSON Schema for editors."""

from __future__ import annotations

import click


@click.command("schema", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("kind", type=click.Choice(["pod", "workshop"]), default="pod")
def command(kind: str) -> None:
    """Print the JSON Schema of pod files or of workshop files (podlab.yaml).

    \b
    Examples:
      podlab schema > pod.schema.json
      # yaml-language-server: $schema=pod.schema.json   (first line of a pod file)
    """
    import json

    from podlab.manifest.schema import schema

    click.echo(json.dumps(schema(kind), indent=2))
