"""The HTTP face: each module reads a request, calls the domain and shapes the answer."""
