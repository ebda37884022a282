"""What people had taken back of invoices: as it was ordered, and never more than there was."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter

from billing.pricing.conversion import convert_correction
from billing.pricing.corrections import Group, TakenBack, correction_totals
from invoices.credit_notes.queries.draft import OWN_COLUMNS
from invoices.issuing.models import Invoice
from invoices.issuing.queries.accounting import conversion_of
from invoices.issuing.queries.taxes import tax_of
from invoices.proving.queries.checks.books import Books, Check, Problem, sql_check
from invoices.proving.queries.checks.documents import differences

_CHECK = "corrections_recomputed"
_AT_ONCE = 500

# Each credit note that was ordered holds exactly the lines of its correction, once it is handled.
_AS_ORDERED = """
WITH told AS (
    SELECT k.*, e.id AS event_id, e.state FROM invoices_correction k
    JOIN billing_event e ON e.seller_id = k.seller_id
        AND e.idempotency_key = 'correction.ordered:' || k.id
    WHERE k.seller_id = ANY(%(sellers)s)
), ordered AS (
    SELECT t.seller_id, t.id AS correction_id, t.event_id, t.bill_again, l.charge_id,
           l.amount_minor, l.quantity
    FROM told t JOIN invoices_correctionline l ON l.correction_id = t.id
    WHERE t.state = 'handled'
), credited AS (
    SELECT * FROM invoices_charge WHERE corrects_id IS NOT NULL AND seller_id = ANY(%(sellers)s)
)
SELECT coalesce(o.seller_id, c.seller_id),
       coalesce('correction ' || o.correction_id, 'charge ' || c.id),
       CASE WHEN o.charge_id IS NULL THEN format('%%s: no correction orders it', c.text)
            WHEN c.id IS NULL
            THEN format('is handled, but nothing of charge %%s is taken back', o.charge_id)
            WHEN -c.priced_minor <> o.amount_minor
            THEN format('takes back %%s minor units of charge %%s, but %%s were ordered',
                        -c.priced_minor, c.corrects_id, o.amount_minor)
            ELSE format('charge %%s has another quantity or unit, or is billed again otherwise'
                        ' than it was ordered', c.id) END
FROM ordered o FULL JOIN credited c ON c.corrects_id = o.charge_id AND c.event_id = o.event_id
LEFT JOIN invoices_charge b ON b.id = c.corrects_id
WHERE o.charge_id IS NULL OR c.id IS NULL OR -c.priced_minor <> o.amount_minor
   OR c.is_concession = o.bill_again OR CASE
       WHEN o.quantity IS NULL AND NOT o.bill_again AND o.amount_minor <> b.priced_minor
       THEN (c.quantity, c.unit) <> (1, 'LS')
       ELSE (c.quantity, c.unit) <> (coalesce(o.quantity, b.quantity), b.unit) END
"""

_DOCUMENTS = """
SELECT k.seller_id, 'credit note ' || coalesce(n.number, 'of correction ' || k.id),
       CASE WHEN n.id IS NULL THEN 'its correction is handled, but it is not there'
            WHEN n.corrected_invoice_id IS DISTINCT FROM k.invoice_id OR n.corrects <>
                 jsonb_build_array(jsonb_build_object(
                     'number', i.number, 'issue_date', i.issue_date::text))
            THEN format('it refers to another document than %%s', i.number)
            ELSE 'it is of another kind, or settles otherwise than it was ordered' END
FROM invoices_correction k
JOIN billing_event e ON e.seller_id = k.seller_id
    AND e.idempotency_key = 'correction.ordered:' || k.id AND e.state = 'handled'
JOIN invoices_invoice i ON i.id = k.invoice_id
LEFT JOIN invoices_invoice n ON n.event_id = e.id
WHERE k.seller_id = ANY(%(sellers)s) AND (
    n.id IS NULL OR n.corrected_invoice_id IS DISTINCT FROM k.invoice_id
    OR n.corrects <> jsonb_build_array(jsonb_build_object(
           'number', i.number, 'issue_date', i.issue_date::text))
    OR n.correction_kind <> k.kind OR k.settle <> 'invoice' AND n.settled_minor <> 0
    OR (n.accounting_currency, n.exchange_rate_source) <>
       (i.accounting_currency, i.exchange_rate_source)
    OR (n.exchange_rate, n.exchange_rate_date) IS DISTINCT FROM
       (i.exchange_rate, i.exchange_rate_date)
    OR n.seller_as_printed <> i.seller_as_printed
    OR n.customer_as_printed <> i.customer_as_printed)
UNION ALL
SELECT n.seller_id, 'credit note ' || n.number, 'no correction orders it'
FROM invoices_invoice n JOIN billing_event e ON e.id = n.event_id
WHERE n.corrected_invoice_id IS NOT NULL AND n.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (SELECT FROM invoices_correction k
                  WHERE e.idempotency_key = 'correction.ordered:' || k.id)
"""

# Of each charge, and of each stretch of a subscription at one tax: changes credit it too.
_WITHIN = """
SELECT b.seller_id, 'charge ' || b.id,
       format('%%s: %%s minor units of its %%s were taken back, net %%s', b.text,
              -c.priced, b.priced_minor, -c.net)
FROM (SELECT corrects_id, sum(priced_minor) AS priced, sum(amount_minor) AS net
      FROM invoices_charge c WHERE corrects_id IS NOT NULL AND seller_id = ANY(%(sellers)s)
      GROUP BY corrects_id) c
JOIN invoices_charge b ON b.id = c.corrects_id
WHERE abs(c.priced) > abs(b.priced_minor) OR sign(c.priced) <> -sign(b.priced_minor)
   OR abs(c.net) > abs(c.priced) OR c.net <> 0 AND sign(c.net) <> -sign(b.priced_minor)
UNION ALL
SELECT c.seller_id, 'charge ' || c.id,
       CASE WHEN b.id IS NULL THEN 'what it corrects is not there'
            WHEN b.corrects_id IS NOT NULL THEN 'it corrects a correction'
            ELSE 'it tells otherwise of the supply, its tax or price than what it corrects' END
FROM invoices_charge c LEFT JOIN invoices_charge b ON b.id = c.corrects_id
WHERE c.corrects_id IS NOT NULL AND c.seller_id = ANY(%(sellers)s) AND (
    b.id IS NULL OR b.corrects_id IS NOT NULL
    OR to_jsonb(b) - '{own}'::text[] <> to_jsonb(c) - '{own}'::text[])
""".replace("{own}", f"{{{','.join(OWN_COLUMNS)}}}")

_SETTLED = """
SELECT i.seller_id, 'invoice ' || i.number,
       format('%%s minor units were payable, but %%s are settled by credit notes',
              i.payable_minor, n.settled)
FROM (SELECT corrected_invoice_id, sum(settled_minor) AS settled FROM invoices_invoice
      WHERE corrected_invoice_id IS NOT NULL AND seller_id = ANY(%(sellers)s) GROUP BY 1) n
JOIN invoices_invoice i ON i.id = n.corrected_invoice_id
WHERE n.settled > i.payable_minor
"""

# Where the money went: what is open of the invoice first, or to the balance, or paid out.
_MONEY = """
WITH notes AS (
    SELECT n.*, k.settle, -n.gross_minor - n.settled_minor AS rest,
           CASE WHEN k.settle = 'invoice' THEN least(i.payable_minor - coalesce((
               SELECT sum(b.settled_minor) FROM invoices_invoice b
               WHERE b.corrected_invoice_id = i.id
                 AND (b.issue_date, b.sequence) < (n.issue_date, n.sequence)), 0), -n.gross_minor)
           ELSE 0 END AS due
    FROM invoices_correction k
    JOIN billing_event e ON e.seller_id = k.seller_id
        AND e.idempotency_key = 'correction.ordered:' || k.id AND e.state = 'handled'
    JOIN invoices_invoice n ON n.event_id = e.id
    JOIN invoices_invoice i ON i.id = k.invoice_id
    WHERE k.seller_id = ANY(%(sellers)s)
)
SELECT n.seller_id, 'credit note ' || n.number,
       CASE WHEN n.settled_minor <> n.due
            THEN format('settles %%s minor units of what was open, not %%s', n.settled_minor, n.due)
            ELSE format('%%s minor units came to the balance, not %%s', coalesce(m.amount_minor, 0),
                        CASE n.settle WHEN 'payout' THEN 0 ELSE n.rest END) END
FROM notes n
LEFT JOIN invoices_balancemovement m ON m.invoice_id = n.id AND m.kind = 'credit_note'
WHERE n.settled_minor <> n.due
   OR coalesce(m.amount_minor, 0) <> CASE n.settle WHEN 'payout' THEN 0 ELSE n.rest END
"""

_REOPENED = """
SELECT k.seller_id, 'correction ' || k.id,
       format('is to be billed again, but no event tells of its %%s', of.kind)
FROM invoices_correction k
JOIN billing_event e ON e.seller_id = k.seller_id
    AND e.idempotency_key = 'correction.ordered:' || k.id AND e.state = 'handled'
JOIN invoices_correctionline l ON l.correction_id = k.id
JOIN invoices_charge c ON c.id = l.charge_id
LEFT JOIN billing_subscription s ON s.id = c.subscription_id
LEFT JOIN billing_orderline o ON o.id = c.order_line_id
CROSS JOIN LATERAL (SELECT CASE WHEN s.id IS NULL THEN 'order' ELSE 'contract' END AS kind,
                           coalesce(s.contract_id, o.order_id) AS id) of
WHERE k.bill_again AND k.seller_id = ANY(%(sellers)s)
  AND NOT EXISTS (
      SELECT FROM billing_event r WHERE r.seller_id = k.seller_id
      AND r.idempotency_key = format('%%s.reopened:%%s:%%s', of.kind, k.id, of.id))
GROUP BY 1, 2, 3
"""


def _recomputed(books: Books) -> Iterator[Problem]:
    """Yield the credit notes whose sums aren't those of what they take back, one after another."""
    corrected = Invoice.objects.filter(seller_id__in=books.names, corrections__isnull=False)
    rows = corrected.order_by("id").distinct().iterator(chunk_size=_AT_ONCE)
    while chunk := list(islice(rows, _AT_ONCE)):
        for notes in _notes(chunk):
            yield from _of_invoice(books, notes)
        books.heard(len(chunk))


def _notes(invoices: Iterable[Invoice]) -> Iterator[list[Invoice]]:
    """Yield the credit notes of each invoice, in the order in which they were issued."""
    notes = Invoice.objects.filter(corrected_invoice__in=invoices)
    in_order = notes.order_by("corrected_invoice", "issue_date", "sequence")
    related = in_order.prefetch_related("lines", "corrected_invoice")
    for _, mine in groupby(related, key=attrgetter("corrected_invoice_id")):
        yield list(mine)


def _of_invoice(books: Books, notes: Sequence[Invoice]) -> Iterator[Problem]:
    before: defaultdict[Group, int] = defaultdict(int)
    tax_before = converted_before = 0
    for note in notes:
        lines = sorted(note.lines.all(), key=lambda line: line.position or 0)
        told = [
            TakenBack(
                tax=tax_of(line), tax_included=line.tax_included, amount_minor=-line.priced_minor
            )
            for line in lines
        ]
        computed = correction_totals(told, note.currency, before=before)
        wrong = differences(note, lines, computed)
        if note.accounting_taxes != _converted(note, tax_before, converted_before):
            wrong.append("its VAT in the seller's currency is not that by the invoice's rate")
        tax_before, converted_before = (
            tax_before + note.tax_minor,
            converted_before + (note.accounting_tax_minor or 0),
        )
        if wrong:
            yield books.problem(
                _CHECK, note.seller_id, f"credit note {note.number}", "; ".join(wrong)
            )
        for line in lines:
            before[line.tax_category, line.tax_percent, line.tax_included] -= line.priced_minor


def _converted(note: Invoice, tax_before: int, converted_before: int) -> list[int]:
    """Return the taxes of a correction by the rate of what it corrects, after earlier ones."""
    corrected = note.corrected_invoice
    conversion = conversion_of(corrected) if corrected else None
    taxes = [tax["tax_minor"] for tax in note.taxes]
    if corrected is None or conversion is None or not any(taxes):
        return []
    return convert_correction(
        taxes,
        conversion,
        left_minor=corrected.tax_minor + tax_before,
        left_converted_minor=(corrected.accounting_tax_minor or 0) + converted_before,
    )


CHECKS = (
    sql_check(
        name="corrections_as_ordered",
        says="what is taken back is what was ordered",
        of="corrections",
        sql=_AS_ORDERED,
    ),
    sql_check(
        name="corrections_documented",
        says="each correction has its credit note, which names the invoice",
        of="corrections",
        sql=_DOCUMENTS,
    ),
    sql_check(
        name="corrections_within",
        says="no more is taken back of a charge than was charged",
        of="corrections",
        sql=_WITHIN,
    ),
    sql_check(
        name="corrections_settle_what_is_open",
        says="no more of an invoice is settled than was payable",
        of="corrections",
        sql=_SETTLED,
    ),
    sql_check(
        name="corrections_booked",
        says="the money of a correction went where it was ordered to go",
        of="corrections",
        sql=_MONEY,
    ),
    sql_check(
        name="corrections_billed_again",
        says="what is to be billed again has its event",
        of="corrections",
        sql=_REOPENED,
    ),
    Check(
        name=_CHECK,
        says="each correction's sums, computed again, are the stored ones",
        of="corrections",
        find=_recomputed,
    ),
)
