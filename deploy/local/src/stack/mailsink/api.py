"""The HTTP side of the sink: the part of Mailpit's version 1 that tests and the demo read."""

import shlex
from collections.abc import Callable
from typing import Annotated, Any

from litestar import Litestar, MediaType, Response, delete, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter

from stack.mailsink.store import KeptMail, MailStore

Json = dict[str, Any]
# Litestar keeps the name `query` for itself.
Terms = Annotated[str, QueryParameter(name="query")]
_PAGE_SIZE = 50


@get("/readyz", media_type=MediaType.TEXT, sync_to_thread=False)
def ready() -> str:
    """Tell that mails are taken: both sides start together."""
    return "ok"


@get("/api/v1/messages", sync_to_thread=False)
def list_messages(state: State, limit: FromQuery[int] = _PAGE_SIZE, start: FromQuery[int] = 0) -> Json:
    """List mails, newest first."""
    return _page(_store(state).newest_first(), limit, start)


@get("/api/v1/search", sync_to_thread=False)
def search_messages(state: State, terms: Terms, limit: FromQuery[int] = _PAGE_SIZE, start: FromQuery[int] = 0) -> Json:
    """List mails that meet every term: `to:`, `from:`, `subject:` or plain text."""
    tests = [_test_of(term) for term in shlex.split(terms)]
    found = [mail for mail in _store(state).newest_first() if all(test(mail) for test in tests)]
    return _page(found, limit, start)


@get("/api/v1/message/{mail_id:str}", sync_to_thread=False)
def get_message(state: State, mail_id: FromPath[str]) -> Json:
    """Show one mail, its parts decoded."""
    mail = _mail(state, mail_id)
    text = mail.message.get_body(("plain",))
    html = mail.message.get_body(("html",))
    return {
        **_summary(mail),
        "Text": "" if text is None else text.get_content(),
        "HTML": "" if html is None else html.get_content(),
        "Attachments": [
            {"FileName": part.get_filename(), "ContentType": part.get_content_type()}
            for part in mail.message.iter_attachments()
        ],
    }


@get("/api/v1/message/{mail_id:str}/raw", sync_to_thread=False)
def get_raw_message(state: State, mail_id: FromPath[str]) -> Response[bytes]:
    """Give one mail as it arrived, its envelope in front."""
    mail = _mail(state, mail_id)
    return Response(_store(state).raw(mail.mail_id), media_type=MediaType.TEXT)


@get("/view/{name:str}", media_type=MediaType.HTML, sync_to_thread=False)
def view_message(state: State, name: FromPath[str]) -> str:
    """Show one mail's page to a browser: `<id>.html`, or `latest.html` for the newest."""
    mail_id = name.removesuffix(".html")
    newest = next(iter(_store(state).newest_first()), None)
    mail = newest if mail_id == "latest" and newest else _mail(state, mail_id)
    page = mail.message.get_body(("html", "plain"))
    return "" if page is None else page.get_content()


@delete("/api/v1/messages", status_code=200, media_type=MediaType.TEXT, sync_to_thread=False)
def delete_messages(state: State) -> str:
    """Forget every mail."""
    _store(state).delete_all()
    return "ok"


def build_api(store: MailStore) -> Litestar:
    """Build the HTTP side over a store that the SMTP side fills."""
    return Litestar(
        [ready, list_messages, search_messages, get_message, get_raw_message, view_message, delete_messages],
        state=State({"store": store}),
        openapi_config=None,
    )


def _store(state: State) -> MailStore:
    return state["store"]


def _mail(state: State, mail_id: str) -> KeptMail:
    mail = _store(state).get(mail_id)
    if mail is None:
        raise NotFoundException(f"no mail {mail_id}")
    return mail


def _test_of(term: str) -> Callable[[KeptMail], bool]:
    field, _, text = term.rpartition(":")
    wanted = text.casefold()
    match field:
        case "to":
            return lambda mail: wanted in " ".join([str(mail.message["To"]), *mail.recipients]).casefold()
        case "from":
            return lambda mail: wanted in f"{mail.message['From']} {mail.sender}".casefold()
        case "subject":
            return lambda mail: wanted in str(mail.message["Subject"]).casefold()
        case _:
            return lambda mail: term.casefold() in mail.message.as_string().casefold()


def _page(mails: list[KeptMail], limit: int, start: int) -> Json:
    shown = mails[start : start + limit]
    return {
        "total": len(mails),
        "messages_count": len(mails),
        "count": len(shown),
        "start": start,
        "messages": [_summary(mail) for mail in shown],
    }


def _summary(mail: KeptMail) -> Json:
    return {
        "ID": mail.mail_id,
        "MessageID": str(mail.message["Message-ID"] or "").strip("<>"),
        "From": next(iter(_addresses(mail, "From")), {"Name": "", "Address": mail.sender}),
        "To": _addresses(mail, "To"),
        "Subject": str(mail.message["Subject"] or ""),
        "Created": mail.received_at.isoformat(),
        "Size": mail.size_bytes,
        "Attachments": sum(1 for _ in mail.message.iter_attachments()),
    }


def _addresses(mail: KeptMail, header: str) -> list[Json]:
    value = mail.message[header]
    addresses = () if value is None else value.addresses
    return [{"Name": each.display_name, "Address": each.addr_spec} for each in addresses]
