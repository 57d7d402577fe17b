"""Many settings side by side, ranked."""

from ganplay.arena.arena import Arena, cells
from ganplay.arena.axes import axis

__all__ = ["Arena", "axis", "cells"]
