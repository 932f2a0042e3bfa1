import pytest

from chassis.settings import ServiceSettings, load_settings

GOOD = {
    "HANDBILL_DATABASE_DSN": "postgresql://user:very-secret@db/invoices",
    "HANDBILL_KAFKA_BOOTSTRAP": "one:9092,two:9092",
    "HANDBILL_HTTP_PORT": "8080",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_settings_come_from_the_environment() -> None:
    settings = load_settings(ServiceSettings)
    assert (settings.http_port, settings.http_host, settings.pool_size_max) == (8080, "127.0.0.1", 10)


def test_all_faults_are_told_at_once_by_name_and_without_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDBILL_DATABASE_DSN", "mysql://user:very-secret@db/invoices")
    monkeypatch.setenv("HANDBILL_KAFKA_BOOTSTRAP", "very-secret")
    monkeypatch.delenv("HANDBILL_HTTP_PORT")
    monkeypatch.setenv("HANDBILL_POOL_SIZE_MAX", "very-secret")
    with pytest.raises(SystemExit) as ended:
        load_settings(ServiceSettings)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert told.startswith("4 setting(s) are missing or wrong:")
    assert {line.split(":")[0].strip() for line in told.splitlines()[1:]} == {
        "HANDBILL_DATABASE_DSN",
        "HANDBILL_KAFKA_BOOTSTRAP",
        "HANDBILL_HTTP_PORT",
        "HANDBILL_POOL_SIZE_MAX",
    }
    assert "very-secret" not in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "0"),
        ("HTTP_PORT", "65536"),
        ("POOL_SIZE_MAX", "1"),
        ("LOG_LEVEL", "loud"),
        ("KAFKA_BOOTSTRAP", "host"),
        ("KAFKA_BOOTSTRAP", "host:9092, other:9092"),
    ],
)
def test_a_value_out_of_bounds_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"HANDBILL_{name}", value)
    with pytest.raises(SystemExit):
        load_settings(ServiceSettings)
