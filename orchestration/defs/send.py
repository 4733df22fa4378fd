"""Messages to people: a round whenever there is something to tell."""

import dagster as dg

from config import load_settings
from orchestration.defs.rounds import RoundConfig, begin, moment_of
from orchestration.telling import is_anything_to_tell, tell

_LOOK_SECONDS = 30


@dg.op
def tell_people(context: dg.OpExecutionContext, config: RoundConfig) -> None:
    """What nobody acts on goes up, shifts hand over, what is due leaves; see `passport outbox`."""
    told = tell(load_settings(), moment_of(config.until))
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
    """One look at what there is to tell."""
    return begin(
        context, send.name, lambda: is_anything_to_tell(load_settings()), "nothing to tell"
    )


jobs = [send]
sensors = [send_sensor]
