"""What a route takes and answers, declared beside it; `/api/openapi.json` (pos/web/openapi.py) is made of these.

    @bp.post("/api/hold")
    @describe(body=Hold, answer=Held, made=True, refuses=(409,))
    @auth.needs("sell")

Who may use a route stands in its rule already, and which refusals follow from that, from its method and its address.
Shapes are JSON Schema (2020-12) as plain dicts; those with a name are listed once and referred to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

View = TypeVar("View", bound=Callable[..., Any])
Shape = dict[str, Any]

JSON = "application/json"
PAGE = "text/html"
XML = "text/xml"


@dataclass(frozen=True, slots=True)
class Description:
    """One route. made: 201 when it was made now, 200 when the same was made before. kinds: what it answers with.

    status: of the answer when all is well. refuses: statuses beyond those that follow from rule, method and address.
    also: further statuses with a shape of their own, which is not that of an error.
    """

    body: Shape | None = None
    answer: Shape | None = None
    query: Mapping[str, Shape] = field(default_factory=dict)
    kinds: tuple[str, ...] = (JSON,)
    status: int = 200
    made: bool = False
    refuses: tuple[int, ...] = ()
    also: Mapping[int, Shape] = field(default_factory=dict)


def describe(
    *,
    body: Shape | None = None,
    answer: Shape | None = None,
    query: Mapping[str, Shape] | None = None,
    kinds: tuple[str, ...] = (JSON,),
    status: int = 200,
    made: bool = False,
    refuses: tuple[int, ...] = (),
    also: Mapping[int, Shape] | None = None,
) -> Callable[[View], View]:
    """Declare a route's shapes. See Description."""

    def mark(view: View) -> View:
        cast(Any, view).description = Description(body, answer, query or {}, kinds, status, made, refuses, also or {})
        return view

    return mark


def answers_json(view: Any) -> bool:
    """Whether a route declared that it answers JSON; its refusals are read by programs, wherever its address is."""
    declared = description_of(view)
    return declared is not None and JSON in declared.kinds


def description_of(view: Any) -> Description | None:
    """What a route declared, or None."""
    return cast("Description | None", getattr(view, "description", None))
