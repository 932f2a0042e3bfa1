"""HTTP in."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from notify.api.deliveries import get_deliveries, get_delivery

ROUTES: Sequence[ControllerRouterHandler] = [get_deliveries, get_delivery]
