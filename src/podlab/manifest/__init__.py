"""What may people write? YAML or JSON files become typed pods, or every problem in them at once.

Here lives all that is known about the files: their syntax (`yaml`), their shape (`structure`, driven by the
types of `podlab.model`), their meaning (`checks`), and the way back (`emit`). Nothing here does I/O but
reading the files it is given, and nothing knows an engine.
"""

from podlab.manifest.check import check_pod, check_pod_name
from podlab.manifest.loading import Loaded, load

__all__ = ["Loaded", "check_pod", "check_pod_name", "load"]
