"""The build systems that batch mode knows: what tells them, and what is done with each."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# A shell command, or what finds one for a project's folder; empty: there is nothing to do.
Recipe = str | Callable[[Path], str]

NATIVE = frozenset({"ada", "assembly", "c", "cpp", "d", "fortran", "objectivec", "rust", "vala"})
JVM = frozenset({"clojure", "groovy", "java", "kotlin", "scala"})
JAVASCRIPT = frozenset({"coffeescript", "nodejs", "typescript"})
BEAM = frozenset({"elixir", "erlang"})

ELF = b"\x7fELF"
LIBRARY = re.compile(r"\.(?:so|o|a|ko)(?:\.|\Z)")
# Where build systems try out compilers, and where packages of others lie.
NOT_OURS = {"CMakeFiles", "meson-private", "meson-logs", "node_modules", "site-packages", "deps"}
PACKAGE_NAME = r'^\s*(?:name|"name")\s*[:=]\s*"?([\w.-]+)'
JAVA_MAIN = re.compile(r"\bstatic\s+(?:\w+\s+)*void\s+main\s*\(|^fun\s+main\s*\(", re.MULTILINE)
JAVA_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)
CONSOLE_SCRIPT = re.compile(r"""["']\s*([\w.-]+)\s*=\s*[\w.]+:[\w.]+\s*["']""")
ELIXIR_MAIN = re.compile(r"defmodule\s+([\w.]+)\s+do(?:(?!defmodule)[\s\S])*?\bdef\s+main\b")


class ProjectError(ValueError):
    """A project from which no program can be told; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """A way of building, and of running what was built.

    files: one of these in the project's folder tells it.
    tool: the program that it needs, and the Debian package that brings it.
    languages: whose projects it builds; None: everybody's.
    run: runs the program, with "$@" for its arguments; empty: the program is looked for.
    built: the folder in which it is looked for.
    named: finds the project's name in the files; of several programs, that one is run.
    interpreter: what runs the project's main file in place of the language's own, where it is
        there; variables: the environment that a program needs, {folder} being the project's.
    """

    name: str
    files: tuple[str, ...]
    tool: tuple[str, str]
    build: Recipe
    clean: Recipe = ""
    languages: frozenset[str] | None = None
    run: Recipe = ""
    built: str = "."
    named: str = PACKAGE_NAME
    interpreter: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    def tells(self, folder: Path, language: str) -> bool:
        """Whether a folder with a project in this language is built so."""
        suits = self.languages is None or language in self.languages
        return suits and any(True for _ in self.files_in(folder))

    def files_in(self, folder: Path) -> Iterator[Path]:
        """The files that tell it."""
        for name in self.files:
            yield from folder.glob(name)

    def missing(self) -> str:
        """The sentence that says what to install."""
        program, debian = self.tool
        return (
            f"{self.name} needs {program}, which is not there: "
            f"`apt-get install {debian}` brings it."
        )

    def find_program(self, folder: Path) -> Path | None:
        """The program that was built: the one with the project's name, else the newest."""
        names = {folder.resolve().name}
        for file in self.files_in(folder):
            text = file.read_text(encoding="utf-8", errors="replace")
            names.update(re.findall(self.named, text, re.MULTILINE)[:1])
        found = list(programs(folder / self.built))
        named = [path for path in found if path.stem in names or path.name in names]
        return max(named or found, key=lambda path: path.stat().st_mtime_ns, default=None)


def command(recipe: Recipe, folder: Path) -> str:
    """A recipe's shell command. Raises ProjectError."""
    return recipe if isinstance(recipe, str) else recipe(folder)


def find_build_systems(folder: Path, language: str) -> list[BuildSystem]:
    """Those that a project says it is built with, the one to prefer first."""
    return [system for system in BUILD_SYSTEMS if system.tells(folder, language)]


def programs(folder: Path) -> Iterator[Path]:
    """The executables below a folder that are neither scripts nor libraries."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_OURS and name[0] != "."]
        for name in names:
            path = Path(place, name)
            if os.access(path, os.X_OK) and not LIBRARY.search(name) and is_elf(path):
                yield path


def is_elf(path: Path) -> bool:
    """Whether a file is in the format of Linux's programs."""
    try:
        with path.open("rb") as file:
            return file.read(len(ELF)) == ELF
    except OSError:
        return False


# -- recipes that depend on what the project says --------------------------------------------------


def node_package(folder: Path) -> dict[str, object]:
    """What package.json says. Raises ProjectError."""
    import json

    try:
        package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise ProjectError(f"package.json cannot be read: {error}.") from error
    if not isinstance(package, dict):
        raise ProjectError("package.json cannot be read: it is no object.")
    return package


def has_script(folder: Path, name: str) -> bool:
    """Whether package.json has a script of this name. Raises ProjectError."""
    scripts = node_package(folder).get("scripts")
    return isinstance(scripts, dict) and name in scripts


def node_build(folder: Path) -> str:
    """Install what is missing, then run the project's own script, or else the compiler."""
    package = node_package(folder)
    steps = []
    needs = package.get("dependencies") or package.get("devDependencies")
    if needs and not (folder / "node_modules").exists():
        steps.append("npm install")
    if has_script(folder, "build"):
        steps.append("npm run build")
    elif (folder / "tsconfig.json").exists():
        steps.append(TYPESCRIPT)
    return " && ".join(steps)


def node_clean(folder: Path) -> str:
    """The project's own script."""
    return "npm run clean" if has_script(folder, "clean") else ""


def node_run(folder: Path) -> str:
    """The project's own script, else the file that it names."""
    if has_script(folder, "start"):
        return 'npm --silent start -- "$@"'
    main = node_package(folder).get("main")
    if isinstance(main, str) and main.endswith(("js", "cjs")) and (folder / main).exists():
        return f'node {shlex.quote(main)} "$@"'
    return ""


def typescript_run(folder: Path) -> str:
    """The main file among those that the compiler has written."""
    text = (folder / "tsconfig.json").read_text(encoding="utf-8", errors="replace")
    told = re.search(r'^\s*[^/\n]*"outDir"\s*:\s*"([^"]+)"', text, re.MULTILINE)
    out = told[1].removeprefix("./").rstrip("/") if told else "."
    for place in (out, f"{out}/src"):
        for name in ("index.js", "main.js", "app.js"):
            if (folder / place / name).is_file():
                return f'node {shlex.quote(os.path.normpath(f"{place}/{name}"))} "$@"'
    return ""


def python_build(folder: Path) -> str:
    """Install what the project requires into an environment of its own."""
    wanted = []
    if is_installed_project(folder):
        wanted.append("--editable .")
    requirements = folder / "requirements.txt"
    if requirements.exists() and re.search(r"^\s*[^#\s]", requirements.read_text(), re.MULTILINE):
        wanted.append("--requirement requirements.txt")
    if not wanted or is_newest(folder / PYTHON_STAMP, PYTHON_FILES):
        return ""
    pip = ".venv/bin/python -m pip install --disable-pip-version-check"
    return f"python3 -m venv .venv && {pip} {' '.join(wanted)} && touch {PYTHON_STAMP}"


def is_installed_project(folder: Path) -> bool:
    """Whether a Python project needs to be installed: it has dependencies, or commands."""
    import tomllib

    if not (folder / "pyproject.toml").exists():
        setup = folder / "setup.py"
        words = r"\b(?:install_requires|entry_points|ext_modules)\b"
        return setup.exists() and bool(re.search(words, setup.read_text(encoding="utf-8")))
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except ValueError as error:
        raise ProjectError(f"pyproject.toml cannot be read: {error}.") from error
    about = project.get("project", {})
    return bool(about.get("dependencies") or about.get("scripts"))


def is_newest(stamp: Path, names: Iterable[str]) -> bool:
    """Whether a file is there, and newer than those of these names that are beside its folder."""
    if not stamp.exists():
        return False
    time = stamp.stat().st_mtime_ns
    beside = (stamp.parent.parent / name for name in names)
    return all(path.stat().st_mtime_ns <= time for path in beside if path.exists())


def python_run(folder: Path) -> str:
    """The project's own command, where it has just one."""
    import tomllib

    names: list[str] = []
    if (folder / "pyproject.toml").exists():
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        names = list(project.get("project", {}).get("scripts", {}))
    elif (folder / "setup.py").exists():
        names = CONSOLE_SCRIPT.findall((folder / "setup.py").read_text(encoding="utf-8"))
    scripts = [f".venv/bin/{name}" for name in names]
    if len(scripts) == 1 and (folder / scripts[0]).exists():
        return f'{shlex.quote(scripts[0])} "$@"'
    return ""


def java_run(folder: Path) -> str:
    """The jar that says what its main class is, else the main class in the sources."""
    jars = [*folder.glob("target/*.jar"), *folder.glob("build/libs/*.jar")]
    whole = [jar for jar in jars if has_main_class(jar)]
    if whole:
        # Of a project's jars, the one with its dependencies in it is the largest.
        jar = max(whole, key=lambda path: path.stat().st_size)
        return f'java -jar {shlex.quote(str(jar.relative_to(folder)))} "$@"'
    mains = sorted(set(main_classes(folder)))
    if len(mains) != 1:
        many = f"{' and '.join(mains)} have a main function" if mains else "no class has a main"
        raise ProjectError(f"Nothing to run: {many}.")
    places = ("target/classes", "build/classes/*/main", "target/dependency", "build/install/*/lib")
    found = [str(path.relative_to(folder)) for place in places for path in folder.glob(place)]
    path = ":".join(f"{each}/*" if each.endswith(("lib", "dependency")) else each for each in found)
    return f'java -cp {shlex.quote(path)} {mains[0]} "$@"'


def has_main_class(jar: Path) -> bool:
    """Whether a jar can be run by itself."""
    import zipfile

    try:
        with zipfile.ZipFile(jar) as archive:
            return b"Main-Class:" in archive.read("META-INF/MANIFEST.MF")
    except (KeyError, OSError, zipfile.BadZipFile):
        return False


def main_classes(folder: Path) -> Iterator[str]:
    """The full names of the classes with a main function."""
    for path in [*folder.glob("src/main/**/*.java"), *folder.glob("src/main/**/*.kt")]:
        text = path.read_text(encoding="utf-8", errors="replace")
        if JAVA_MAIN.search(text):
            package = JAVA_PACKAGE.search(text)
            name = path.stem if path.suffix == ".java" else f"{path.stem}Kt"
            yield f"{package[1]}.{name}" if package else name


def mix_build(folder: Path) -> str:
    """Fetch what is missing, and compile; a project with an escript makes that."""
    text = (folder / "mix.exs").read_text(encoding="utf-8")
    fetches = re.search(r"\{:\w+,\s*(?:\"|~>|git:|github:|path:)", text) is not None
    fetch = "mix deps.get && " if fetches and not (folder / "deps").exists() else ""
    return f"{fetch}mix {'escript.build' if 'escript:' in text else 'compile'}"


def mix_run(folder: Path) -> str:
    """The escript, else the main function of the project's, else its application."""
    text = (folder / "mix.exs").read_text(encoding="utf-8")
    for name in re.findall(r"\bapp:\s*:(\w+)", text):
        if "escript:" in text and (folder / name).exists():
            return f'./{name} "$@"'
    sources = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("lib/**/*.ex")))
    mains = [name for source in sources for name in ELIXIR_MAIN.findall(source)]
    if len(mains) > 1:
        raise ProjectError(f"Nothing to run: {' and '.join(mains)} have a main function.")
    call = f"{mains[0]}.main(System.argv())" if mains else ":ok"
    return f'mix run -e {shlex.quote(call)} -- "$@"'


def rebar_run(folder: Path) -> str:
    """The escript that was built."""
    scripts = sorted(folder.glob("_build/default/bin/*"), key=lambda path: path.stat().st_mtime_ns)
    if not scripts:
        raise ProjectError("Nothing to run: the build has left no _build/default/bin.")
    return f'{shlex.quote(str(scripts[-1].relative_to(folder)))} "$@"'


PYTHON_STAMP = ".venv/installed"
PYTHON_FILES = ("pyproject.toml", "setup.py", "requirements.txt")
TYPESCRIPT = 'PATH="node_modules/.bin:$PATH" tsc --project .'
CONFIGURE = "mkdir -p build && cd build && { test -e config.status || sh ../configure; } && make"
GO_CLEAN = (
    """go list -f '{{if eq .Name "main"}}{{.Target}}{{end}}' ./... | """
    """while read -r program; do rm -f "bin/${program##*/}"; done"""
)
BUNDLE = (
    "bundle check >/dev/null 2>&1 || "
    "{ bundle config set --local path vendor/bundle && bundle install; }"
)
COMPOSER = (
    "test vendor/autoload.php -nt composer.json || "
    "{ composer install --no-interaction && touch vendor/autoload.php; }"
)
PERL_BUILD = "{ test Makefile -nt Makefile.PL || perl Makefile.PL; } && make"

# The first one that tells, and has something to do, is used. What clean removes is what was built
# here; what was installed from elsewhere (node_modules, .venv, vendor) stays.
BUILD_SYSTEMS = (
    BuildSystem(
        "Perl's MakeMaker",
        files=("Makefile.PL",),
        tool=("make", "make"),
        languages=frozenset({"perl"}),
        build=PERL_BUILD,
        clean="test ! -e Makefile || make clean",
        variables=(("PERL5LIB", "{folder}/blib/lib:{folder}/blib/arch"),),
    ),
    BuildSystem(
        "make",
        files=("GNUmakefile", "makefile", "Makefile"),
        tool=("make", "make"),
        build="make",
        clean="make clean",
    ),
    BuildSystem(
        "CMake",
        files=("CMakeLists.txt",),
        tool=("cmake", "cmake make"),
        languages=NATIVE,
        build='cmake -S . -B build && cmake --build build --parallel "$(nproc)"',
        clean="test ! -e build/CMakeCache.txt || cmake --build build --target clean",
        built="build",
        named=r"(?i)\bproject\s*\(\s*\"?([\w.+-]+)",
    ),
    BuildSystem(
        "Meson",
        files=("meson.build",),
        tool=("meson", "meson"),
        languages=NATIVE | {"java", "csharp"},
        build="{ test -e build/build.ninja || meson setup build; } && ninja -C build",
        clean="test ! -e build/build.ninja || ninja -C build clean",
        built="build",
        named=r"\bproject\s*\(\s*'([^']+)'",
    ),
    BuildSystem(
        "Ninja",
        files=("build.ninja",),
        tool=("ninja", "ninja-build"),
        build="ninja",
        clean="ninja -t clean",
    ),
    BuildSystem(
        "Autotools",
        files=("configure",),
        tool=("make", "make"),
        languages=NATIVE,
        build=CONFIGURE,
        clean="test ! -e build/Makefile || make -C build clean",
        built="build",
    ),
    BuildSystem(
        "Autotools",
        files=("configure.ac", "configure.in"),
        tool=("autoreconf", "autoconf automake"),
        languages=NATIVE,
        build=f"autoreconf --install && {CONFIGURE}",
        built="build",
        named=r"\bAC_INIT\s*\(\s*\[?([\w.+-]+)",
    ),
    BuildSystem(
        "Cargo",
        files=("Cargo.toml",),
        tool=("cargo", "cargo"),
        languages=frozenset({"rust"}),
        build="cargo build",
        clean="cargo clean",
        run='cargo run --quiet -- "$@"',
    ),
    BuildSystem(
        "Go",
        files=("go.mod",),
        tool=("go", "golang-go"),
        languages=frozenset({"go"}),
        build="go build -o bin/ ./...",
        clean=GO_CLEAN,
        built="bin",
        named=r"^module\s+(?:\S*/)?([\w.-]+)",
    ),
    BuildSystem(
        "Maven",
        files=("pom.xml",),
        tool=("mvn", "maven"),
        languages=JVM,
        build="mvn --batch-mode -DskipTests package",
        clean="mvn --batch-mode clean",
        run=java_run,
    ),
    BuildSystem(
        "Gradle's wrapper",
        files=("gradlew",),
        tool=("java", "default-jdk-headless"),
        languages=JVM,
        build="sh gradlew --no-daemon --console=plain assemble",
        clean="sh gradlew --no-daemon --console=plain clean",
        run=java_run,
    ),
    BuildSystem(
        "Gradle",
        files=("build.gradle", "build.gradle.kts"),
        tool=("gradle", "gradle"),
        languages=JVM,
        build="gradle --no-daemon --console=plain assemble",
        clean="gradle --no-daemon --console=plain clean",
        run=java_run,
    ),
    BuildSystem(
        "dune",
        files=("dune-project",),
        tool=("dune", "ocaml-dune"),
        languages=frozenset({"ocaml"}),
        build="dune build",
        clean="dune clean",
        built="_build/default",
    ),
    BuildSystem(
        "Stack",
        files=("stack.yaml",),
        tool=("stack", "haskell-stack"),
        languages=frozenset({"haskell"}),
        build="stack build",
        clean="stack clean",
        built=".stack-work/install",
    ),
    BuildSystem(
        "Cabal",
        files=("cabal.project", "*.cabal"),
        tool=("cabal", "cabal-install"),
        languages=frozenset({"haskell"}),
        build="cabal build all",
        clean="cabal clean",
        built="dist-newstyle/build",
    ),
    BuildSystem(
        "npm",
        files=("package.json",),
        tool=("npm", "npm"),
        languages=JAVASCRIPT,
        build=node_build,
        clean=node_clean,
        run=node_run,
    ),
    BuildSystem(
        "TypeScript",
        files=("tsconfig.json",),
        tool=("tsc", "node-typescript"),
        languages=frozenset({"typescript"}),
        build=TYPESCRIPT,
        run=typescript_run,
    ),
    BuildSystem(
        "pip",
        files=PYTHON_FILES,
        tool=("python3", "python3-venv"),
        languages=frozenset({"python"}),
        build=python_build,
        run=python_run,
        interpreter=".venv/bin/python",
    ),
    BuildSystem(
        "Bundler",
        files=("Gemfile",),
        tool=("bundle", "ruby-bundler"),
        languages=frozenset({"ruby"}),
        build=BUNDLE,
        variables=(("RUBYOPT", "-rbundler/setup"),),
    ),
    BuildSystem(
        "Composer",
        files=("composer.json",),
        tool=("composer", "composer"),
        languages=frozenset({"php"}),
        build=COMPOSER,
    ),
    BuildSystem(
        "Rebar",
        files=("rebar.config",),
        tool=("rebar3", "rebar3"),
        languages=BEAM,
        build="rebar3 escriptize",
        clean="rebar3 clean",
        run=rebar_run,
    ),
    BuildSystem(
        "Mix",
        files=("mix.exs",),
        tool=("mix", "elixir"),
        languages=BEAM,
        build=mix_build,
        clean="mix clean",
        run=mix_run,
    ),
    BuildSystem(
        "Nimble",
        files=("*.nimble",),
        tool=("nimble", "nim"),
        languages=frozenset({"nim"}),
        build="nimble --accept build",
        clean="nimble --accept clean",
        named=r"^bin\s*=\s*@\[\s*\"([\w.-]+)",
    ),
    BuildSystem(
        "DUB",
        files=("dub.json", "dub.sdl"),
        tool=("dub", "dub"),
        languages=frozenset({"d"}),
        build="dub build",
        clean="dub clean",
        named=r'"?name"?\s*:?\s*"([\w.-]+)"',
    ),
)
