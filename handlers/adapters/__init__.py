"""What `lipgate.handlers.ports` asks for, by platform."""
