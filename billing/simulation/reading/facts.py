"""Facts beside the timeline: single purchases, and records of meters."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from billing.pricing.prices import MeterTerms, PriceModel, PriceTerms
from billing.pricing.taxes import SupplyKind, TaxClass
from billing.pricing.usage import BadUsage, UsageRecord, check_record
from billing.simulation.reading.fields import Fields, known_one
from billing.simulation.reading.nodes import Told
from billing.simulation.reading.values import text_of, word_of
from billing.simulation.scenario import BadScenario, Ordered, OrderedLine, Row, Used

_ORDER = ("on", "lines")
_LINE = ("text", "quantity", "unit_price", "tax", "tax_included", "supply")
_USAGE = ("at", "meter", "value", "key", "properties", "amount", "subscription", "recorded")


def orders(scenario: Fields) -> tuple[Ordered, ...]:
    """Return the orders as they are told."""
    return tuple(_order(Fields(told, "an order", _ORDER)) for told in scenario.items("orders"))


def usage(
    scenario: Fields, *, meters: Mapping[str, MeterTerms], rows: Sequence[Row], zone: str
) -> tuple[Used, ...]:
    """
    Return the records as they are told; one that is told again counts once.

    :raises BadScenario: also if a key stands for two records, or it is unclear whose a record is.
    """
    found: dict[tuple[str, str], Used] = {}
    readers = {row.subscription: _prices_of(row.subscription, rows) for row in rows}
    for told in scenario.items("usage"):
        used = _used(Fields(told, "a usage record", _USAGE), meters, readers, ZoneInfo(zone))
        known = found.setdefault((used.meter, used.record.key), used)
        if _payload(known) != _payload(used):
            raise BadScenario(
                f"the key {used.record.key!r} belongs to another record of meter {used.meter} "
                f"({known.where}): give each record a key of its own.",
                where=used.where,
            )
    return tuple(found.values())


def _order(fields: Fields) -> Ordered:
    lines = tuple(_line(Fields(told, "a line", _LINE)) for told in fields.items("lines"))
    if not lines:
        raise BadScenario("an order needs lines: add one.", where=fields.where)
    return Ordered(on=fields.day("on"), lines=lines)


def _line(fields: Fields) -> OrderedLine:
    return OrderedLine(
        text=fields.text("text"),
        quantity=fields.quantity("quantity"),
        unit_price=fields.decimal("unit_price"),
        tax_class=fields.choice("tax", TaxClass, TaxClass.STANDARD).value,
        supply_kind=fields.choice("supply", SupplyKind, SupplyKind.DIGITAL),
        tax_included=fields.flag("tax_included"),
    )


def _used(
    fields: Fields,
    meters: Mapping[str, MeterTerms],
    readers: Mapping[str, list[PriceTerms]],
    zone: ZoneInfo,
) -> Used:
    meter = fields.reference("meter", meters, "meter")
    at = fields.instant("at")
    record = UsageRecord(
        key=fields.text("key"),
        at=at,
        recorded_on=fields.day("recorded", at.astimezone(zone).date()),
        value=fields.decimal("value", Decimal(1)),
        amount=fields.maybe(fields.decimal, "amount"),
        properties={
            name: word_of(told, f"properties.{name}")
            for name, told in fields.named("properties").items()
        },
    )
    try:
        check_record(record, meter)
    except BadUsage as error:
        raise BadScenario(str(error), where=fields.where) from error
    subscription = _subscription(fields, meter, readers)
    _check_amount(fields, record, meter, readers[subscription])
    return Used(meter=meter.code, subscription=subscription, record=record, where=fields.where)


def _subscription(
    fields: Fields, meter: MeterTerms, readers: Mapping[str, list[PriceTerms]]
) -> str:
    """Return whose a record is: of whom it says, or of the only one who could be meant."""
    if fields.given("subscription"):
        told: Told = fields.at("subscription")
        name = text_of(told, "subscription")
        return known_one(name, {each: each for each in readers}, what="subscription",
                         where=told.where)  # fmt: skip
    candidates = list(readers)
    if not candidates:
        raise BadScenario(
            f"meter {meter.code} is used, but no subscription starts: add one to the timeline.",
            where=fields.where,
        )
    if len(candidates) != 1:
        candidates = [name for name in readers if _reads(readers[name], meter)]
    if len(candidates) != 1:
        whose = ", ".join(candidates) if candidates else "none has a price of the meter"
        raise BadScenario(
            f"it is unclear which subscription used meter {meter.code} ({whose}): add its "
            "subscription.",
            where=fields.where,
        )
    return candidates[0]


def _prices_of(subscription: str, rows: Iterable[Row]) -> list[PriceTerms]:
    """Return the prices of all plans that a subscription ever has."""
    mine = {row.plan.id: row.plan for row in rows if row.plan and row.subscription == subscription}
    return [price for plan in mine.values() for price in plan.prices]


def _reads(prices: Iterable[PriceTerms], meter: MeterTerms) -> bool:
    return any(price.meter == meter for price in prices)


def _check_amount(
    fields: Fields, record: UsageRecord, meter: MeterTerms, prices: Iterable[PriceTerms]
) -> None:
    """Refuse a record without amount where a price charges just that."""
    for price in prices:
        if (
            price.model is not PriceModel.DYNAMIC
            or price.meter != meter
            or record.amount is not None
        ):
            continue
        if all(record.properties.get(name) in allowed for name, allowed in price.filters):
            raise BadScenario(
                f"the price {price.code} charges the amount of each record: give the record an "
                "amount.",
                where=fields.where,
            )


def _payload(used: Used) -> tuple[object, ...]:
    record = used.record
    properties = tuple(sorted(record.properties.items()))
    return used.subscription, record.at, record.value, record.amount, properties
