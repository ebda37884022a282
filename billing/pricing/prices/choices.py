"""What can be chosen for a price: what it is for, how it is rated, whom it reaches."""

from enum import StrEnum


class PriceKind(StrEnum):
    """What a price is charged for."""

    RECURRING = "recurring"
    ONCE = "once"
    USAGE = "usage"


class Timing(StrEnum):
    """Whether a recurring price is charged when its period begins or when it has ended."""

    ADVANCE = "advance"
    ARREARS = "arrears"


class PriceModel(StrEnum):
    """How a quantity, or the records of a meter, become an amount."""

    FLAT = "flat"
    PER_UNIT = "per_unit"
    GRADUATED = "graduated"
    VOLUME = "volume"
    PACKAGE = "package"
    STAIRSTEP = "stairstep"
    PERCENTAGE = "percentage"
    GRADUATED_PERCENTAGE = "graduated_percentage"
    DYNAMIC = "dynamic"


class Proration(StrEnum):
    """How a part of a billing period is measured."""

    DAILY = "daily"
    SECOND = "second"
    THIRTY_DAYS = "thirty_days"
    NONE = "none"


class Aggregation(StrEnum):
    """How the records of a meter become a quantity."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    UNIQUE = "unique"
    LATEST = "latest"
    WEIGHTED_SUM = "weighted_sum"


class Rounding(StrEnum):
    """Whether a begun package counts."""

    UP = "up"
    DOWN = "down"


class AppliesTo(StrEnum):
    """Whom a later version of a price reaches."""

    NEW = "new"
    NEXT_PERIOD = "next_period"
    AT_ONCE = "at_once"
