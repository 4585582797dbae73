"""What Kubernetes promises of a Pod, one manifest for each promise. README.md tells how they are written."""
