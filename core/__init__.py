"""Lipgate's scorer: does the face on screen speak the words we hear?

The way of a video: `media` -> `scenes` -> `faces` -> `sync` -> `verdict` -> `report`, joined in `pipeline`.
Importing this package is free; each module loads what it needs when it is imported.
"""

__version__ = "0.1.0"
