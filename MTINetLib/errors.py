"""Errors that a user meets: each is one clear sentence that names the thing and says what to do."""

from __future__ import annotations


class MTINetError(Exception):
    """Base of every error that MTINetLib raises on purpose; its text is meant for the user."""


class InputError(MTINetError):
    """What the user gave cannot be used: a file, a folder, a phase or a setting."""


class ModelError(MTINetError):
    """A model is missing, damaged or not made for this version."""


class MissingResourceError(MTINetError):
    """Something that the machine should offer is missing, such as a package, a device or disk space."""


class Cancelled(MTINetError):  # noqa: N818
    """The user cancelled the work; nothing was written."""
