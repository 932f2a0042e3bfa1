"""What sharing takes from the environment."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service takes; nothing of its own yet."""
