"""What can't be taken as it was said."""


class Refused(ValueError):
    """
    Something can't be taken as it was said; the text says why, and what to do instead.

    `field` names what is at fault, where it is one thing that was said.
    """

    def __init__(self, problem: str, *, field: str = "") -> None:
        """Say what is wrong, and with which field."""
        super().__init__(problem)
        self.field = field
