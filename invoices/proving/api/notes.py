"""What was said about failures, as the API shows and takes it."""

from rest_framework import serializers

from billing.api.inputs.fields import TextField
from billing.api.inputs.form import Input
from billing.events.models import FailureNote


class CommentInput(Input):
    text = TextField(max_length=2000, help_text="For all who work on it; it stays.")


class NoteOutput(serializers.ModelSerializer[FailureNote]):
    fingerprint = serializers.UUIDField(source="cause.fingerprint", help_text="Of the cause.")
    failure = serializers.UUIDField(
        source="failure_id", allow_null=True, help_text="Null where it is about all of the cause."
    )

    class Meta:
        model = FailureNote
        fields = ["id", "fingerprint", "failure", "kind", "text", "assignee", "by", "at"]
