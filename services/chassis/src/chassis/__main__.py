"""Operator's commands that belong to no service: topics and parked messages."""

import asyncio
from typing import Annotated

import typer
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.parked_cli import parked_cli
from chassis.settings import load_settings
from chassis.topics import create_topics

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Handbill's plumbing."
)
cli.add_typer(parked_cli, name="parked")


class TopicSettings(BaseSettings):
    """How the topics are laid out on this cluster."""

    model_config = SettingsConfigDict(env_prefix="HANDBILL_", frozen=True)

    kafka_bootstrap: str
    kafka_partitions: Annotated[int, Field(ge=1, le=1000)] = 12
    kafka_replication: Annotated[int, Field(ge=1, le=7)] = 3


@cli.command()
def topics() -> None:
    """Create the topics that are missing."""
    settings = load_settings(TopicSettings)
    created = asyncio.run(
        create_topics(
            settings.kafka_bootstrap, partitions=settings.kafka_partitions, replication=settings.kafka_replication
        )
    )
    typer.echo(f"{len(created)} topic(s) created")


if __name__ == "__main__":
    cli()
