"""What a service is made of, as its app.py puts it together."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar.types import ControllerRouterHandler

from chassis.intake.route import Consumer
from chassis.jobs import Job
from chassis.settings import ServiceSettings
from contracts.topics import Owner


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its routes, consumers and jobs. Which of them a process runs is its role."""

    name: Owner
    settings: ServiceSettings
    routes: Sequence[ControllerRouterHandler]
    consumers: Sequence[Consumer]
    jobs: Sequence[Job] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role: `api` answers HTTP, `worker` takes messages in, `relay` publishes, the rest are jobs."""
        return tuple(dict.fromkeys(("api", "worker", "relay", *(job.role for job in self.jobs))))
