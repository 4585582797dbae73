"""A class without network: everything it needs in one file."""
