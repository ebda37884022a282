"""Checks of what people enter: accounts, references and codes, by check digits and code lists."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from stdnum import bic, iban
from stdnum.eu import at_02
from stdnum.exceptions import ValidationError as Malformed

from billing.code_lists import CodeList
from billing.pricing.exemptions import EXEMPT, category_of_code

# Coarse address, fine address, check digits. Source: Leitweg-ID, format specification 2.0.2.
_LEITWEG_ID = re.compile(r"\d{2,12}(-[A-Z0-9]{1,30})?-\d{2}", re.ASCII)
# The characters of a mandate's reference. Source: EPC016-06, AT-01.
_MANDATE = re.compile(r"[A-Za-z0-9+?/:().,' -]{1,35}", re.ASCII)


def compact(text: str) -> str:
    """Return an account or a creditor's identifier as it is stored: without blanks, in capitals."""
    return "".join(text.split()).upper()


def check_iban(text: str) -> None:
    """
    Check an IBAN: its country's form and its check digits.

    :raises ValidationError: if it can't be one.
    """
    _check(iban.validate, text, "is no IBAN: check its digits", "iban_invalid")


def check_bic(text: str) -> None:
    """
    Check the form of a BIC.

    :raises ValidationError: if it can't be one.
    """
    _check(bic.validate, text, "is no BIC: give 8 or 11 characters", "bic_invalid")


def check_creditor_id(text: str) -> None:
    """
    Check a SEPA creditor identifier: its form and its check digits.

    :raises ValidationError: if it can't be one.
    """
    example = "give one such as DE98ZZZ09999999999"
    _check(at_02.validate, text, f"is no SEPA creditor id: {example}", "creditor_id_invalid")


def check_mandate_reference(text: str) -> None:
    """
    Check the reference of a direct debit mandate.

    :raises ValidationError: if banks wouldn't take it.
    """
    if not _MANDATE.fullmatch(text):
        raise ValidationError(
            "Use at most 35 letters without accents, digits, blanks and + ? / : ( ) . , ' -.",
            code="mandate_reference_invalid",
        )


def check_buyer_reference(text: str) -> None:
    """
    Check a buyer's reference: where it has the form of a Leitweg-ID, its check digits.

    Source: ISO 7064, MOD 97-10; letters count as 10 to 35.

    :raises ValidationError: if the check digits are wrong.
    """
    if not _LEITWEG_ID.fullmatch(text):
        return
    digits = "".join(str(int(each, 36)) for each in text.replace("-", ""))
    if int(digits) % 97 != 1:
        raise ValidationError(
            f"{text} has the form of a Leitweg-ID, but its check digits are wrong: correct it.",
            code="leitweg_id_invalid",
        )


def check_unit(code: str) -> None:
    """
    Check the code of a unit of quantity.

    :raises ValidationError: if no unit has it.
    """
    _check_listed(code, CodeList.UNITS, "unit of UN/ECE recommendation 20", "unit_unknown")


def check_exemption_code(code: str) -> None:
    """
    Check the code of a reason why no VAT is charged.

    :raises ValidationError: if no reason has it.
    """
    _check_listed(code, CodeList.EXEMPTIONS, "VATEX code", "exemption_code_unknown")


def check_code_of_exempt(code: str) -> None:
    """
    Check the code of a reason why the law exempts something: category E.

    :raises ValidationError: if no reason has it, or one of another category, as reverse charge.
    """
    check_exemption_code(code)
    category = category_of_code(code)
    if category not in ("", EXEMPT):
        raise ValidationError(
            f"{code} is a reason of category {category}, not of what the law exempts: leave it "
            "out (who buys decides on that category), or record a tax override.",
            code="exemption_code_of_other_category",
        )


def check_address_scheme(code: str) -> None:
    """
    Check the scheme of an electronic address.

    :raises ValidationError: if there is none such.
    """
    _check_listed(code, CodeList.ADDRESS_SCHEMES, "EAS code", "address_scheme_unknown")


def _check(validate: Callable[[str], Any], text: str, wrong: str, code: str) -> None:
    try:
        validate(text)
    except Malformed as malformed:
        raise ValidationError(f"{text} {wrong}.", code=code) from malformed


def _check_listed(code: str, listed: CodeList, what: str, problem: str) -> None:
    if code in listed.codes:
        return
    nearest = get_close_matches(code, listed.codes, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]}?" if nearest else ""
    raise ValidationError(f"{code} is no {what}.{hint}", code=problem)
