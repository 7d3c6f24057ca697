"""user add|pin|password|badge|scope|list|off|on: who may sign in at this till and its console. Works while the till
runs; a lost PIN or password is reset here."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from pos import cli
from pos.cli import opened
from pos.errors import Invalid
from pos.rules import rights
from pos.store import passwords, people, reach


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="add|pin|password|badge|scope|list|off|on", required=True)
    add = acts.add_parser("add", help="add a person")
    add.add_argument("code", help="what they type to sign in: letters and digits")
    add.add_argument("name", help="their name, as receipts show it")
    add.add_argument("--role", choices=rights.ROLES, default="cashier", help="what they may do (default: cashier)")
    pin = acts.add_parser("pin", help="set a new PIN; lifts a lock-out and ends their sign-ins")
    pin.add_argument("code")
    for parser_with_pin in (add, pin):
        parser_with_pin.add_argument("--pin", help="4 to 8 digits; asked for when left out (others see a command line)")
    password = acts.add_parser("password", help="set a password for the console; ends their sign-ins there")
    password.add_argument("code")
    password.add_argument("--none", action="store_true", help="take the password away")
    badge = acts.add_parser("badge", help="give a person a badge to scan; a new one takes the place of the old")
    badge.add_argument("code")
    badge.add_argument("--card", help="the text of a card they have already; left out, one is made and printed here")
    badge.add_argument("--none", action="store_true", help="take the badge away")
    scope = acts.add_parser("scope", help="on a hub: keep a person's rights to companies or shops")
    scope.add_argument("code")
    scope.add_argument("place", nargs="*", help="COMPANY, or COMPANY/SHOP; none = everywhere")
    acts.add_parser("list", help="everybody, with role and lock")
    for word, help in (("off", "may no longer sign in"), ("on", "may sign in again")):
        acts.add_parser(word, help=help).add_argument("code")


def run(args: argparse.Namespace, root: Path) -> int:
    pin = asked(args.pin) if args.act in ("add", "pin") else ""
    with opened.till(root, make=args.act == "add") as store:
        by = opened.operator()
        if args.act == "add":
            people.add_user(store, args.code, args.name, args.role, pin, by)
            print(f"{args.name} may sign in with the code {args.code}, as {args.role}.")
        elif args.act == "pin":
            people.set_pin(store, args.code, pin, by)
            print(f"{args.code} has a new PIN, and was signed out everywhere.")
        elif args.act == "password":
            passwords.set_password(store, args.code, None if args.none else asked_password(), by)
            print(f"{args.code} has {'no' if args.none else 'a new'} password for the console.")
        elif args.act == "badge":
            text = people.set_badge(store, args.code, "" if args.none else args.card, by)
            print(badge_words(args.code, text, made=not args.none and args.card is None))
        elif args.act == "scope":
            reach.keep_to(store, args.code, [reach.read(store, one) for one in args.place], by)
            print(f"{args.code} reaches {', '.join(args.place) or 'everywhere'}.")
        elif args.act in ("on", "off"):
            people.set_active(store, args.code, args.act == "on", by)
            print(f"{args.code} {'may sign in again' if args.act == 'on' else 'may no longer sign in'}.")
        else:
            show(people.people(store))
    return cli.OK


def asked_password() -> str:
    """The password, typed twice at a terminal, or one line of standard input; never on the command line."""
    return _typed(
        "New password (12 characters or more): ", "The two passwords differ; nothing was changed.", "password"
    )


def badge_words(code: str, text: str, *, made: bool) -> str:
    """What the command says; a badge that was made here is shown this once."""
    if not text:
        return f"{code} has no badge any more."
    if not made:
        return f"{code} has this card as their badge."
    return f"{text}\n{code} has a badge now. Print this text as Code 128; it is shown this once, and kept as a hash."


def asked(given: str | None) -> str:
    """The PIN: as given, typed twice at a terminal, or one line of standard input."""
    if given is not None:
        return given
    return _typed("New PIN (4 to 8 digits): ", "The two PINs differ; nothing was changed.", "pin").strip()


def _typed(question: str, differ: str, field: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip("\r\n")
    first = getpass.getpass(question)
    if first != getpass.getpass("Once more: "):
        raise Invalid(differ, field=field)
    return first


def show(everybody: list[people.Person]) -> None:
    """One row a person."""
    print(f"{'code':<12} {'name':<28} {'role':<13} state")
    for person in everybody:
        state = "active" if person.active else "off"
        if person.active and not person.has_pin:
            state = "no PIN yet"
        if person.locked_until:
            state += f", locked until {person.locked_until[:16]} UTC"
        print(f"{person.code:<12} {person.name:<28} {person.role:<13} {state}")
