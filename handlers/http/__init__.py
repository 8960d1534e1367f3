"""The HTTP face: app, bodies, errors, routes, and the server around them."""
