"""Messages to people: a round whenever there is something to tell."""

from datetime import UTC, datetime

import dagster as dg

from config import load_settings
from orchestration.defs.upkeep import is_under_way
from orchestration.telling import is_anything_to_tell, tell

_LOOK_SECONDS = 30


class SendConfig(dg.Config):
    """`until` is the round's "now" in ISO 8601; left empty, it is the clock."""

    until: str = ""


@dg.op
def tell_people(context: dg.OpExecutionContext, config: SendConfig) -> None:
    """What nobody acts on goes up, shifts hand over, what is due leaves; see `passport outbox`."""
    moment = datetime.fromisoformat(config.until) if config.until else None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    told = tell(load_settings(), moment)
    context.log.info(
        f"{told.sent} sent, {told.failed} failed, {told.made} made, {told.escalated} went up"
    )
    for one in told.rounds:
        if one.error:
            context.log.warning(f"channel {one.channel}: {one.error}")


@dg.job(description="One round of telling people: escalation, hand-over, messages.")
def send() -> None:
    tell_people()


# A run costs seconds of imports: it is begun where a look, in a process that is warm, finds work.
@dg.sensor(
    job=send,
    minimum_interval_seconds=_LOOK_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Begins a round where something is due; what fails rests as its row says.",
)
def send_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One round at a time: the next look comes when this one's run may still be starting."""
    if is_under_way(context.instance, send.name):
        return dg.SkipReason("a round is under way")
    if not is_anything_to_tell(load_settings()):
        return dg.SkipReason("nothing to tell")
    return dg.RunRequest(run_key=f"{datetime.now(UTC):%Y%m%dT%H%M%S}")


jobs = [send]
sensors = [send_sensor]
