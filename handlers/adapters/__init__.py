"""What `handlers.ports` asks for, by platform."""
