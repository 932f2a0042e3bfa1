"""Templates of messages: `<name>.mjml` for HTML, `<name>.txt.j2` and `<name>.subject.j2`. All are compiled once.

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
            subject, html, plain = (
                self._environment.get_template(f"{template}.{form}").render(words)
                for form in ("subject", "html", "txt")
            )
        except TemplateError as error:
            raise RenderError(f"{template}: {type(error).__name__}: {error}") from error
        return Rendered(" ".join(subject.split()), html, plain.strip() + "\n")


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")


def _sources(folder: Traversable) -> dict[str, str]:
    sources: dict[str, str] = {}
    for file in folder.iterdir():
        text = file.read_text("utf-8") if file.is_file() else ""
        if file.name.endswith(".mjml"):
            sources[f"{file.name.removesuffix('.mjml')}.html"] = _compiled(file.name, text)
        elif file.name.endswith(".j2"):
            sources[file.name.removesuffix(".j2")] = text
    return sources


def _compiled(name: str, mjml: str) -> str:
    output = mrml.to_html(mjml)
    if output.warnings:
        raise ValueError(f"{name}: {output.warnings}")
    return output.content
