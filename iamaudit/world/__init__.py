"""A made-up organisation that writes true-to-life logs and state."""

from iamaudit.world.small import small_world
from iamaudit.world.write import World, write_world

__all__ = ["World", "small_world", "write_world"]
