"""A client of lam's own API."""

from .errors import LamConnectionError, LamError
from .generated import LamClient

__all__ = ["LamClient", "LamConnectionError", "LamError"]
