"""What can go wrong with pictures."""


class PictureError(RuntimeError):
    """A picture cannot be made or written; the message says which and why, in one line."""
