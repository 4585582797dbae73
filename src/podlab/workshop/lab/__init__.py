"""What a class needs on an engine beside its seats: a closed machine, a level, images, a mirror."""
