"""Service files: every word of a command arrives as it is, whatever signs the paths hold."""

from __future__ import annotations

import configparser
import plistlib
import shlex
from pathlib import Path

import pytest

from pos.errors import Invalid
from pos.rules import service
from pos.rules.service import Program

#: What deploy/ shows.
EXAMPLE = Program(
    "tillkeep-T1",
    "Tillkeep, Till 1 (T1)",
    ("/opt/tillkeep/.venv/bin/python", "/opt/tillkeep/pos_server.py", "--root", "/var/lib/tillkeep/T1"),
    "/var/lib/tillkeep/T1",
)
ODD = Program("tillkeep-T1", "A till", ("/opt/a b/py", '/opt/50% "off"/$HOME\\x.py', "--root", "/srv/ü;1"), "/srv/ü;1")


def read(unit: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(unit)
    return parser


def test_the_shown_unit_is_the_one_that_is_made() -> None:
    shown = Path(__file__).resolve().parents[2] / "deploy" / "tillkeep.service"
    assert shown.read_text(encoding="utf-8") == service.system_unit(EXAMPLE, "tillkeep")


def test_a_unit_starts_again_after_a_failure_but_not_where_that_would_mend_nothing() -> None:
    unit = read(service.user_unit(EXAMPLE))
    assert (unit["Service"]["Restart"], unit["Service"]["RestartPreventExitStatus"]) == ("on-failure", "2 3")
    assert unit["Install"]["WantedBy"] == "default.target"
    assert "User" not in unit["Service"] and "After" not in unit["Unit"]
    machine = read(service.system_unit(EXAMPLE, "tillkeep"))
    assert (machine["Service"]["User"], machine["Install"]["WantedBy"]) == ("tillkeep", "multi-user.target")
    assert machine["Service"]["NoNewPrivileges"] == "yes"


def test_odd_paths_arrive_whole() -> None:
    line = read(service.user_unit(ODD))["Service"]["ExecStart"].replace("$$", "$").replace("%%", "%")
    assert tuple(shlex.split(line)) == ODD.command
    told = plistlib.loads(service.launch_agent(ODD, "/tmp/log"))
    assert tuple(told["ProgramArguments"]) == ODD.command and told["RunAtLoad"] is True
    entry = service.desktop_entry(ODD).partition("Exec=")[2].splitlines()[0]
    assert tuple(shlex.split(entry.replace("\\\\", "\\").replace("\\$", "$").replace("%%", "%"))) == ODD.command
    script = service.startup_script(Program("t", "A till", ("C:\\a b\\py.exe", "C:\\50%\\x.py"), "C:\\ü"))
    assert script.endswith('start "t" /min "C:\\a b\\py.exe" "C:\\50%%\\x.py"\r\n') and "chcp 65001" in script


@pytest.mark.parametrize("sign", ["\n", "\r", "\0", "\u2028"])
def test_a_path_that_would_begin_another_line_is_refused(sign: str) -> None:
    odd = Program("t", "A till", ("/opt/py", f"/opt/x{sign}ExecStartPre=/bin/false"), "/opt")
    for made in (service.user_unit, service.desktop_entry, service.startup_script):
        with pytest.raises(Invalid):
            made(odd)
    with pytest.raises(Invalid):
        service.launch_agent(odd, "/tmp/log")
    with pytest.raises(Invalid):
        service.startup_script(Program("t", "A till", ('C:\\"x"',), "C:\\"))
