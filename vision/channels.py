"""The least and the most of each pixel's channels.

The same as numpy's `min(axis=2)` and `max(axis=2)`, which take twenty times as long over so short
an axis.
"""

from __future__ import annotations

from functools import reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Value = TypeVar("_Value", np.uint8, np.float32)


def least(picture: NDArray[_Value]) -> NDArray[_Value]:
    """Return the darkest channel of each pixel of `picture`, height x width x channels."""
    return reduce(np.minimum, np.moveaxis(picture, 2, 0))


def most(picture: NDArray[_Value]) -> NDArray[_Value]:
    """Return the brightest channel of each pixel of `picture`, height x width x channels."""
    return reduce(np.maximum, np.moveaxis(picture, 2, 0))
