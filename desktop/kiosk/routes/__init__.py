"""The HTTP face of the kiosk: pages, what the station page asks for, what the operator page asks for."""
