"""Training of the bundled encoder; the tool never imports it."""
