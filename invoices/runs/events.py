"""Facts that this stage adds to the log."""

from billing.events.log import NewEvent
from billing.ids import new_id
from invoices.runs.models import BillingRun

RUN_FINISHED = "billing_run.finished"


def run_finished(run: BillingRun) -> NewEvent:
    """Return the event that nothing of a run waits any more; missed days may begin it anew."""
    assert run.finished_at is not None, "it is finished"
    return NewEvent(
        seller_id=run.seller_id,
        type=RUN_FINISHED,
        stream_id=run.pk,
        payload={"run_id": str(run.pk)},
        as_of_date=run.day,
        occurred_at=run.finished_at,
        idempotency_key=f"{RUN_FINISHED}:{new_id()}",
        is_public=True,
        is_only_told=True,
    )
