"""Metered usage: `/usage`."""

from collections.abc import Sequence
from typing import Any

from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.problems import Refusal, problem, tell
from billing.api.scoped import Endpoint
from billing.usage import commands
from billing.usage.api.reading import RECORDS_AT_MOST, TooManyRecords, read_records
from billing.usage.api.records import USAGE, UsageDaysView
from billing.usage.commands import Receipt, SentRecord
from billing.usage.models import UsageRecord
from billing.usage.queries.reasons import code_of, explain

KEY_REUSED = Refusal(
    409,
    "usage_key_reused",
    detail="Some keys belong to other records of their meters: these records are kept aside and "
    "don't count. All others of the call are done with; don't send them again under other keys.",
)
tell(
    exceptions={TooManyRecords: Refusal(413, "too_many_records", field="records")},
    answers=[KEY_REUSED],
)


class UsageRecordInput(serializers.Serializer[Any]):
    # For the description alone: the records are read by hand.
    meter = serializers.CharField(max_length=100, help_text="Its code, with or without `code:`.")
    subscription = serializers.CharField(help_text="Its id or `ext:` and your own id.")
    key = serializers.CharField(
        max_length=200, help_text="Your own id of the record: once per meter."
    )
    at = serializers.DateTimeField(help_text="When it happened, with offset.")
    value = serializers.DecimalField(
        max_digits=24, decimal_places=12, required=False, help_text="Default: 1."
    )
    properties = serializers.DictField(child=serializers.CharField(), required=False)
    amount = serializers.DecimalField(
        max_digits=24,
        decimal_places=12,
        required=False,
        allow_null=True,
        help_text="Money, for a dynamic price.",
    )


class UsageInput(serializers.Serializer[Any]):
    records = UsageRecordInput(many=True, max_length=RECORDS_AT_MOST)  # type: ignore[call-arg]


class UsageProblemOutput(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Of the record, from 0.")
    key = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class UsageOutput(serializers.Serializer[Any]):
    accepted = serializers.IntegerField(help_text="Records that count from now on.")
    repeated = serializers.IntegerField(help_text="Records that were there with the same content.")
    conflicts = serializers.IntegerField(help_text="Records under the key of another: 409.")
    unattributed = serializers.IntegerField(
        help_text="Records that are kept until what they name is there."
    )
    problems = UsageProblemOutput(many=True)


class UsageView(Endpoint, bills=True, bucket="usage"):
    @USAGE.described
    def get(self, request: Request) -> Response:
        """List the records of a subscription, by meter, the latest first."""
        return USAGE.answer(self, self.rows(UsageRecord))

    @extend_schema(request=UsageInput, responses={200: UsageOutput, 202: UsageOutput})
    def post(self, request: Request) -> Response:
        """
        Record what was metered, up to 1,000 records a call; each key of a meter counts once.

        202 if some records wait for what they name; 409 if a key belongs to another record. The
        rest of the call counts in either case.
        """
        records = read_records(request.data)
        receipt = commands.record_usage(seller=self.seller, records=records, at=timezone.now())
        shown = _shown(receipt, records)
        if receipt.conflicts:
            errors = [
                {
                    "field": f"records.{index}.key",
                    "code": KEY_REUSED.code,
                    "detail": _reused(records[index]),
                }
                for index in receipt.conflicts
            ]
            return problem(KEY_REUSED, errors=errors, **shown)
        return Response(shown, status=202 if receipt.unattributed else 200)


def _shown(receipt: Receipt, records: Sequence[SentRecord]) -> dict[str, Any]:
    told = [(index, KEY_REUSED.code, _reused(records[index])) for index in receipt.conflicts] + [
        (index, code_of(why.reason), explain(why.reason, why.named))
        for index, why in receipt.unattributed
    ]
    return {
        "accepted": receipt.accepted,
        "repeated": receipt.repeated,
        "conflicts": len(receipt.conflicts),
        "unattributed": len(receipt.unattributed),
        "problems": [
            {"index": index, "key": records[index].key, "code": code, "detail": detail}
            for index, code, detail in sorted(told)
        ],
    }


def _reused(record: SentRecord) -> str:
    return f"The meter {record.meter} has another record under the key {record.key}."


urlpatterns = [
    path("usage", UsageView.as_view(), name="usage"),
    path("usage/days", UsageDaysView.as_view(), name="usage-days"),
]
