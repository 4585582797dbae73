"""Pages that the server makes. They work without a script; the front-end makes them better."""
