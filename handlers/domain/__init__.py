"""Values and rules of the service. Knows no HTTP, no database and no cloud."""
