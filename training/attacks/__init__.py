"""The attack factory: turns any talking clip into every way to deceive that this project knows, the same each time.

`species` tells what there is, `read` a clip, `make` an attack. `python -m training.attacks` makes a set of them.
"""

from training.attacks.factory import Attack, copy, make
from training.attacks.footage import Footage, read
from training.attacks.species import Expected, Needs, Species, species

__all__ = ["Attack", "Expected", "Footage", "Needs", "Species", "copy", "make", "read", "species"]
