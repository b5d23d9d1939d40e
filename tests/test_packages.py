"""%dep: packages by each language's own manager."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from client import Kernel
from conftest import Start, require

from kernel_runner.packages import Packages

# language, the argument of %dep, code that needs it, what comes of it
FROM_REGISTRIES = [
    (
        "nodejs",
        "is-number@7.0.0",
        'import is from "is-number"; `${is(3)} ${require("is-number")("x")}`',
    ),
    ("typescript", "is-number@7.0.0", 'import is from "is-number"; `${is(3 as any)} ${is("x")}`'),
    (
        "python",
        "iniconfig==2.0.0",
        "import iniconfig; 'true ' + str(not iniconfig.IniConfig).lower()",
    ),
]
GEM = """
Gem::Specification.new do |spec|
  spec.name, spec.version, spec.summary = "greeting", "1.0", "Says hello."
  spec.authors, spec.files = ["nobody"], ["lib/greeting.rb"]
end
"""
ROCKSPEC = """
rockspec_format, package, version = "3.0", "greeting", "1.0-1"
source = {{ url = "{url}" }}
build = {{ type = "builtin", modules = {{ greeting = "greeting.lua" }} }}
"""


@pytest.fixture
def start_at_home(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Kernels whose packages are gone with the test."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    return start


def succeeds(kernel: Kernel, code: str) -> str:
    cell = kernel.client.cell(code)
    assert cell.status == "ok", cell
    return cell.text or ""


@pytest.mark.parametrize(("language", "package", "code"), FROM_REGISTRIES)
def test_the_next_cell_can_import_it(
    start_at_home: Start, tmp_path: Path, language: str, package: str, code: str
) -> None:
    require(language)
    kernel = start_at_home(language)
    assert kernel.client.cell(code).status == "error" or language == "python"
    installing = kernel.client.cell(f"%dep {package}")
    assert installing.status == "ok", installing
    assert installing.stdout, "no progress was shown"
    value = succeeds(kernel, code)
    assert value == "'true false'"
    kernel.restart()
    assert succeeds(kernel, code) == value
    assert any((tmp_path / "data" / "kernel_runner" / "packages").rglob("*"))


def test_maven(start_at_home: Start) -> None:
    require("java")
    kernel = start_at_home("java")
    installing = kernel.client.cell("%maven junit:junit:4.13.2\nint n = 41;")
    assert installing.status == "ok", installing
    assert "BUILD SUCCESS" in installing.stdout
    code = "org.hamcrest.CoreMatchers.is(n + 1).matches(junit.runner.Version.id().length())"
    assert succeeds(kernel, code) == "false"
    succeeds(kernel, "%reset")
    assert succeeds(kernel, "junit.runner.Version.id()") == '"4.13.2"'
    wrong = kernel.client.cell("%dep junit")
    assert "write group:artifact:version" in wrong.content["evalue"]


def test_a_gem(start_at_home: Start, tmp_path: Path) -> None:
    require("ruby")
    project = tmp_path / "greeting"
    (project / "lib").mkdir(parents=True)
    (project / "lib" / "greeting.rb").write_text("def greeting = 'hello'\n")
    (project / "greeting.gemspec").write_text(GEM)
    subprocess.run(["gem", "build", "greeting.gemspec"], cwd=project, check=True)
    kernel = start_at_home("ruby")
    succeeds(kernel, f"%cd {project}\n%dep --local greeting-1.0.gem")
    assert succeeds(kernel, "require 'greeting'\ngreeting") == '"hello"'


def test_a_rock(start_at_home: Start, tmp_path: Path) -> None:
    require("lua")
    if shutil.which("luarocks") is None:
        pytest.fail("apt-get install luarocks brings luarocks.")
    project = tmp_path / "greeting-1.0"
    project.mkdir()
    (project / "greeting.lua").write_text("return 'hello'\n")
    shutil.make_archive(str(project), "gztar", tmp_path, project.name)
    rockspec = tmp_path / "greeting-1.0-1.rockspec"
    rockspec.write_text(ROCKSPEC.format(url=f"file://{project}.tar.gz"))
    kernel = start_at_home("lua")
    succeeds(kernel, f"%dep {rockspec}")
    assert succeeds(kernel, "(require 'greeting')") == '"hello"'


def test_a_distribution_of_perl(start_at_home: Start, tmp_path: Path) -> None:
    require("perl")
    project = tmp_path / "Greeting"
    (project / "lib").mkdir(parents=True)
    (project / "lib" / "Greeting.pm").write_text(
        "package Greeting;\nour $VERSION = '1.0';\nsub hello { 'hello' }\n1;\n"
    )
    (project / "Makefile.PL").write_text(
        "use ExtUtils::MakeMaker;\n"
        "WriteMakefile(NAME => 'Greeting', VERSION_FROM => 'lib/Greeting.pm');\n"
    )
    kernel = start_at_home("perl")
    succeeds(kernel, f"%dep {project}/")
    assert "hello" in succeeds(kernel, "use Greeting; Greeting::hello()")


def test_a_package_from_debian(start_at_home: Start) -> None:
    require("r")
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return  # then %dep builds it from CRAN, which not every network has
    kernel = start_at_home("r")
    succeeds(kernel, "%dep R6")
    assert succeeds(kernel, "R6::is.R6(1)") == "[1] FALSE"


def test_what_there_is_not(start_at_home: Start, bare_python: str) -> None:
    node = start_at_home("nodejs")
    cell = node.client.cell("%dep kernel-runner-has-no-such-package")
    assert (cell.status, cell.content["evalue"]) == ("error", "npm ended with exit code 1.")
    assert "404" in cell.stderr + cell.stdout
    cell = node.client.cell('%dep "unclosed')
    assert "cannot read its arguments" in cell.content["evalue"]
    cell = start_at_home("c").client.cell("%dep anything")
    assert cell.content["evalue"] == "C has no package manager here."
    cell = start_at_home("python", python=bare_python).client.cell("%dep six")
    assert "No module named pip" in cell.stderr


def test_one_kernel_at_a_time(start_at_home: Start, tmp_path: Path) -> None:
    kernel = start_at_home("nodejs")
    place = tmp_path / "data" / "kernel_runner" / "packages" / "npm"
    npm = Packages("npm", ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
        assert npm.place == place
        with npm.locked():
            cell = kernel.client.cell("%dep is-number")
    assert "Another kernel is using npm" in cell.content["evalue"]
