"""People who do things with stock, and a program's key that is nobody's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """Who asks. person: "" for a key that is nobody's."""

    code: str
    person: str = ""
    rights: tuple[str, ...] = ("stock", "stock_admin", "stock_approve")

    @property
    def name(self) -> str:
        return self.code.title()

    def may(self, right: str) -> bool:
        return right in self.rights


ANN, BOB, KEY = Person("ann", "ann"), Person("bob", "bob"), Person("env-admin")
