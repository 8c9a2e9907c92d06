"""`cron-job`: work that runs by a schedule."""

from collections.abc import Iterator

from envgen.components import fields, job, pods
from envgen.components.fields import described
from envgen.components.objects import obj
from envgen.declaration import ComponentType, Declaration
from envgen.model import Object

_SPEC = {
    "schedule": "schedule",
    "time-zone": "timeZone",
    "suspend": "suspend",
    "starting-deadline-seconds": "startingDeadlineSeconds",
    "successful-jobs-history-limit": "successfulJobsHistoryLimit",
    "failed-jobs-history-limit": "failedJobsHistoryLimit",
}
_CONCURRENCY = "Forbid"
_COUNT: fields.Schema = {"type": "integer", "minimum": 0}


def objects(declaration: Declaration) -> Iterator[Object]:
    # The API's own default is Allow, with which work that takes too long piles up.
    policy = declaration.fields.get("concurrency-policy", _CONCURRENCY)
    spec = {
        **job.chosen(declaration, _SPEC),
        "concurrencyPolicy": policy,
        "jobTemplate": {"spec": job.spec(declaration)},
    }
    yield obj(declaration, "batch/v1", "CronJob", spec=spec)
    yield from job.beside(declaration)


TYPE = ComponentType(
    name="cron-job",
    summary="work that runs by a schedule",
    fields={
        **job.FIELDS,
        "schedule": described(fields.TEXT, "when, as cron has it: minute, hour, day, month, weekday"),
        "time-zone": described(fields.TEXT, "by whose clock, as `Europe/Berlin`; that of the controllers if absent"),
        "concurrency-policy": described(
            {"enum": ["Allow", "Forbid", "Replace"]},
            f"what happens if the last run still goes on; {_CONCURRENCY} if absent",
        ),
        "suspend": described(fields.FLAG, "no further runs until it is taken away"),
        "starting-deadline-seconds": described(_COUNT, "how late a run may start; however late if absent"),
        "successful-jobs-history-limit": described(_COUNT, "runs that are kept; 3 if absent"),
        "failed-jobs-history-limit": described(_COUNT, "failed runs that are kept; 1 if absent"),
        "ttl-seconds-after-finished": described(_COUNT, "how long a run is kept at most; as the limits say if absent"),
    },
    objects=objects,
    required=("schedule",),
    offer=job.offer,
    pointers=pods.pointers("CronJob", "spec.jobTemplate.spec.template"),
    images=(1, 1),
    scalars=(0, 9),
)
