"""What stays of a seat when it ends: files, progress, and how to go on elsewhere."""
