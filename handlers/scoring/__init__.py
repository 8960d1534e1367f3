"""One video at a time: slots, engines, and processes that may die without the server."""
