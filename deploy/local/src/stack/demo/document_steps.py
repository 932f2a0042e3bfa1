"""The PDF of each version: made after finalising, told of on the topic, kept as it was (I3, I5)."""

import hashlib

from stack.demo.scene import Scene, check, check_soon


async def pdfs_are_made(scene: Scene) -> None:
    """Wait until the PDFs of both invoices are there; the fact names what the API gives."""
    for name in ("estate", "lease"):
        content = await pdf_of(scene, name, version=1)
        check(f"hash in InvoicePdfReady of the {name}", expected={_sha256(content)}, seen=_told(scene, name, version=1))
        scene.keep_file(f"invoice-{name}-1.pdf", content)


async def earlier_pdfs_stay(scene: Scene) -> None:
    """After revisions, each version has a PDF of its own, and the first is what it was."""
    path = scene.out_folder / "invoice-lease-1.pdf"
    check("the PDF of version 1", expected=_sha256(path.read_bytes()), seen=_sha256(await pdf_of(scene, "lease", 1)))
    newest = await pdf_of(scene, "lease", 3)
    check("another content in version 3", expected=True, seen=newest != path.read_bytes())
    scene.keep_file("invoice-lease-3.pdf", newest)


async def pdf_of(scene: Scene, name: str, version: int) -> bytes:
    """Fetch the PDF of a version once it is made and told of."""
    practice = scene.office.practice
    path = f"/v1/invoices/{scene.office.invoices[name]}/versions/{version}/pdf"

    async def is_told() -> object:
        return len(_told(scene, name, version)) == 1

    await check_soon(f"the PDF of the {name}, version {version}, is told of", expected=True, look=is_told)
    status, content = await practice.api.download("invoices", path)
    check("status and first bytes", expected=(200, b"%PDF-"), seen=(status, content[:5]))
    return content


def _told(scene: Scene, name: str, version: int) -> set[str]:
    invoice_id = str(scene.office.invoices[name])
    seen = scene.watch.of_firm(scene.office.practice.firm_id, "invoices.invoice-pdf-ready")
    return {
        record.data["sha256"]
        for record in seen
        if (record.key, record.data["version"], record.data["comments"]) == (invoice_id, version, "all")
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
