"""Lipgate: does the face in a video really speak the words we hear?"""

from lipgate.core import __version__ as __version__
