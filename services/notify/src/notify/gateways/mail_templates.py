"""Templates of messages: `<name>.mjml` for HTML, `<name>.txt.j2` and `<name>.subject.j2`. All are compiled once.

What all messages have around them is in `frame.mjml` and `foot.txt.j2`; a template that is a whole `<mjml>` needs none.

MJML becomes table-layout HTML that every mail program shows; its Jinja marks pass through and are filled in later.
The environment is a sandbox that knows no undefined names: a slip in a template is an error, never an empty place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

import mrml
from jinja2 import DictLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

FRAME = "frame.mjml"
BODY = "<!-- body -->"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's words, in its two forms."""

    subject: str
    html: str
    plain: str


class RenderError(Exception):
    """A message could not be made of a delivery."""


class MailTemplates:
    """Every template of a folder, ready to be filled in.

    Raises: ValueError for MJML that does not compile without a warning, TemplateError for wrong Jinja.
    """

    def __init__(self, folder: Traversable | None = None) -> None:
        folder = folder or files("notify") / "templates"
        self._environment = ImmutableSandboxedEnvironment(
            loader=DictLoader(_sources(folder)),
            autoescape=_is_html,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def render(self, template: str, words: Mapping[str, object]) -> Rendered:
        """Fill in a template; the subject is one line.

        Raises: RenderError.
        """
        try:
            subject = " ".join(self._environment.get_template(f"{template}.subject").render(words).split())
            html, plain = (
                self._environment.get_template(f"{template}.{form}").render(words, subject=subject)
                for form in ("html", "txt")
            )
        except TemplateError as error:
            raise RenderError(f"{template}: {type(error).__name__}: {error}") from error
        return Rendered(subject, html, plain.strip() + "\n")


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


def _sources(folder: Traversable) -> dict[str, str]:
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.is_file()}
    frame = texts.pop(FRAME, BODY)
    sources: dict[str, str] = {}
    for name, text in texts.items():
        if name.endswith(".mjml"):
            whole = text if text.lstrip().startswith("<mjml") else frame.replace(BODY, text)
            sources[f"{name.removesuffix('.mjml')}.html"] = _compiled(name, whole)
        elif name.endswith(".j2"):
            sources[name.removesuffix(".j2")] = text
    return sources


def _compiled(name: str, mjml: str) -> str:
    output = mrml.to_html(mjml)
    if output.warnings:
        raise ValueError(f"{name}: {output.warnings}")
    return output.content
