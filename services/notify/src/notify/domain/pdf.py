"""PDFs of invoices, by reference: which there are, and which go with a message."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

CommentChoice: TypeAlias = Literal["all", "none"]
"""Which client-visible comments it shows; internal ones are never shown."""


@dataclass(frozen=True, slots=True)
class PdfKey:
    """One version of an invoice with one choice of comments."""

    firm_id: UUID
    invoice_id: UUID
    version: int
    comments: CommentChoice


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message, in the blob store under its hash."""

    sha256: str
    size_bytes: int
    file_name: str
