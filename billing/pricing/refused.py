"""What can't be taken as it was said."""

from billing.mending import NOTHING, Mend, Mendable


class Refused(ValueError, Mendable):
    """
    Something can't be taken as it was said; the text says why, and what to do instead.

    `field` names what is at fault, where it is one thing that was said; `mend` what must be mended
    where it fails only later.
    """

    def __init__(self, problem: str, *, field: str = "", mend: Mend = NOTHING) -> None:
        """Say what is wrong, and with which field."""
        super().__init__(problem)
        self.field = field
        self.mend = mend
