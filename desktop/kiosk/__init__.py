"""The kiosk: a verification station that needs no network."""
