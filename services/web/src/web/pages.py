"""Pages that need nobody to be logged in."""

from collections.abc import Sequence

from litestar import MediaType, get
from litestar.types import ControllerRouterHandler

HOME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Handbill</title>
</head>
<body>
<main>
<h1>Handbill</h1>
<p>Handbill shares invoices with the people who pay them, tells them, and takes the payment.</p>
<p>If you were sent an invoice, use the button in the message that told you.</p>
</main>
</body>
</html>
"""


@get("/", media_type=MediaType.HTML)
async def get_home() -> str:
    """Say what this is."""
    return HOME


ROUTES: Sequence[ControllerRouterHandler] = (get_home,)
