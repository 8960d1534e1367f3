"""The verification station: a web app for this machine's own browser, its memory, and its ears. Needs no network."""
