"""Settings: every fault at once, and no mail in the clear to another host."""

import pytest

from chassis.settings import load_settings
from notify.settings import Settings

GIVEN = {
    "DATABASE_DSN": "postgresql://postgres@127.0.0.1/notify",
    "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "HTTP_PORT": "8080",
    "SMTP_HOST": "127.0.0.1",
    "SMTP_PORT": "25",
    "SMTP_SECURITY": "none",
    "PORTAL_URL": "https://pay.example",
    "SHARING_URL": "http://127.0.0.1:8082",
    "SERVICE_TOKEN": "a token that services share, long enough",
    "BLOB_URL": "file:///var/lib/handbill/blobs",
}


def load(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    for name, value in (GIVEN | changes).items():
        monkeypatch.setenv(f"HANDBILL_{name}", value)
    return load_settings(Settings)


def test_pauses_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, RETRY_PAUSES_SECONDS="1, 2.5,3").retry_pauses_seconds == (1, 2.5, 3)


def test_without_pauses_the_usual_ones_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch).retry_pauses_seconds[:4] == (60, 300, 900, 3600)


@pytest.mark.proves("N8")
@pytest.mark.parametrize(
    ("changes", "is_fine"),
    [
        ({}, True),
        ({"SMTP_HOST": "localhost"}, True),
        ({"SMTP_HOST": "mail.example"}, False),
        ({"SMTP_HOST": "127.evil.example"}, False),
        ({"SMTP_HOST": "mail.example", "SMTP_SECURITY": "tls"}, True),
        ({"SMTP_HOST": "mail.example", "SMTP_SECURITY": "starttls"}, True),
        ({"SMTP_HOST": "mail.example", "SMTP_PLAINTEXT_ALLOWED": "true"}, True),
        ({"SMTP_USERNAME": "handbill"}, False),
        ({"SMTP_PASSWORD": "secret"}, False),
        ({"SMTP_USERNAME": "handbill", "SMTP_PASSWORD": "secret"}, True),
    ],
)
def test_mail_to_another_host_needs_tls(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], is_fine: bool
) -> None:
    if is_fine:
        load(monkeypatch, **changes)
    else:
        with pytest.raises(SystemExit):
            load(monkeypatch, **changes)


def test_all_faults_are_told_at_once_and_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "PORTAL_URL": "nowhere",
        "SMTP_HOST": "mail.example",
        "SMTP_PORT": "0",
        "SMTP_PASSWORD": "hunter2",
        "RETRY_PAUSES_SECONDS": "soon",
    }
    with pytest.raises(SystemExit):
        load(monkeypatch, **wrong)
    told = capsys.readouterr().err
    for name in ("PORTAL_URL", "SMTP_PORT", "SMTP_SECURITY", "SMTP_PASSWORD", "RETRY_PAUSES_SECONDS"):
        assert f"HANDBILL_{name}" in told
    assert "hunter2" not in told
