"""Java: a session in JShell."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.java.archive import Archive
from kernel_runner.languages.java.maven import project_of, replaced, resolving
from kernel_runner.languages.java.samples import SAMPLES
from kernel_runner.packages import Packages
from kernel_runner.session.session import Session
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "abstract assert boolean break byte case catch char class const continue default do double "
    "else enum extends false final finally float for if implements import instanceof int "
    "interface long native new null package private protected public record return sealed short "
    "static strictfp super switch synchronized this throw throws transient true try var void "
    "volatile while yield"
)
OPTIONS = (
    "-Xshare:auto",
    "-Xlog:disable",  # nothing but the program's own output, whatever becomes of the archive
    "-Xlog:all=off",
    "-Dfile.encoding=UTF-8",
    "-Dstdout.encoding=UTF-8",
    "-Dstderr.encoding=UTF-8",
    "-Dsun.stdout.encoding=UTF-8",
    "-Dsun.stderr.encoding=UTF-8",
    "-Djava.awt.headless=true",
)


class JavaRunner(SessionRunner):
    """Cells run in one JVM, as jshell would run them."""

    language = Language(
        "java",
        "Java (JShell)",
        suffix=".java",
        mimetype="text/x-java-source",
        comment="//",
        codemirror_mode="text/x-java",
        pygments_lexer="java",
        kernels=("java", "jjava", "jbang-jjava"),
        spellings={"%maven": "%dep"},
        excluded=frozenset({"!"}),  # !done is an expression
    )
    toolchain = Toolchain((("java",),), debian="openjdk-17-jdk-headless")
    grammar = Grammar(
        "tree_sitter_java",
        keywords=tuple(KEYWORDS.split()),
        letters="$",
        indent=4,
        spans=('"""', "*/"),
    )
    samples = SAMPLES
    main_names = ("Main.java", "App.java", "src/Main.java", "src/main/java/Main.java")
    main_pattern = r"\bstatic\s+(?:\w+\s+)*void\s+main\s*\("
    packages = Packages("maven", (), tool=Toolchain((("mvn",),), debian="maven"))
    interrupt_frame = True

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.jars: list[str] = []
        self._coordinates: list[str] = []

    async def install(self, names: Sequence[str]) -> int:
        """Add what Maven's coordinates stand for, and all that it needs, to the session."""
        wanted = [known for known in self._coordinates if not replaced(known, names)] + [*names]
        project = project_of(wanted)
        folder = Path(self.spawner.run_directory, "maven")
        folder.mkdir(exist_ok=True)
        pom, result = folder / "pom.xml", folder / "classpath"
        pom.write_text(project, encoding="utf-8")
        exit = await self.run_program([*self.package_manager(), *resolving(str(pom), str(result))])
        if exit.code == 0:
            self._coordinates = wanted
            await self.add_jars(result.read_text(encoding="utf-8").strip().split(os.pathsep))
        return self.tell(exit, "maven")

    async def add_jars(self, paths: Sequence[str]) -> None:
        """Add jars, or folders of classes, to this session and to those that follow it."""
        new = [path for path in paths if path not in self.jars]
        self.jars += new
        if new and self._session is not None:
            names = ", ".join(map(quoted, new))
            await self._evaluate_quietly(f"kernelrunner.Display.addToClasspath({names});")

    def agent(self) -> list[str]:
        """The agent's jar, with its archive where that has been made."""
        java, archive = self.command(), self._archive
        shared = [f"-XX:SharedArchiveFile={archive.classes}"] if archive.classes.exists() else []
        path = [str(archive.jar), *filter(None, [self.env.get("CLASSPATH")]), *self.jars]
        return [*java, *shared, *agent_arguments(os.pathsep.join(path))]

    @cached_property
    def _archive(self) -> Archive:
        return Archive(self.command())

    @property
    def cwd(self) -> str:
        """A JVM cannot change its directory, so %cd is for commands and programs alone."""
        return self._cwd

    async def change_directory(self, path: str) -> None:
        """For commands, programs and the next session; the person should know."""
        await super().change_directory(path)
        if self._session is not None:
            note = (
                "[A running JVM keeps its directory: %reset starts one here; commands are here.]\n"
            )
            self.console.stream("stderr", note.encode())

    async def change_variable(self, name: str, value: str) -> None:
        """Change the session's variable too, as far as that goes; the person should know."""
        await super().change_variable(name, value)
        if self._session is not None:
            note = (
                "[Children of this JVM get it where their ProcessBuilder.environment() is used.]\n"
            )
            self.console.stream("stderr", note.encode())

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"kernelrunner.Environment.set({quoted(name)}, {quoted(value)});"

    async def _start(self) -> Session:
        archive = self._archive
        await archive.build()
        session = await super()._start()
        if not archive.classes.exists():
            self._recording = asyncio.create_task(self._record(archive, session))
        return session

    async def _record(self, archive: Archive, session: Session) -> None:
        await session.ready.wait()  # its start comes first
        # Of our jar alone: the archive is used with any class path that begins as it did here.
        await archive.record([*self.command(), *agent_arguments(str(archive.jar))])


def agent_arguments(class_path: str) -> list[str]:
    """What the JVM is given to run the agent."""
    return [*OPTIONS, "-cp", class_path, "kernelrunner.Agent"]


def quoted(text: str) -> str:
    """Java's string literal; its escapes are those of JSON."""
    return json.dumps(text)
