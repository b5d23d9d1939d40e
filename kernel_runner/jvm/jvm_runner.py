"""Runners of the languages of the JVM: a session in the agent that they share."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from kernel_runner.jvm.archive import Archive
from kernel_runner.jvm.maven import project_of, replaced, resolving
from kernel_runner.language import Toolchain
from kernel_runner.packages import Packages
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import ToolchainMissing
from kernel_runner.session.session import Session
from kernel_runner.session_runner import SessionRunner

JAVA = Toolchain((("java",),), debian="openjdk-17-jdk-headless")
JAR = re.compile(r"-(\d+(?:\.\d+)+)\.jar$")
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


class JvmRunner(SessionRunner):
    """Evaluates cells in one JVM, with the language's own evaluator.

    sources: the folder of the evaluator; evaluator: its class; jvm_options: more for it;
    rehearsal: a cell that uses much of what cells use, and ends the JVM.
    """

    sources: ClassVar[Path]
    evaluator: ClassVar[str]
    jvm_options: ClassVar[tuple[str, ...]] = ()
    rehearsal: ClassVar[str]
    packages = Packages("maven", (), tool=Toolchain((("mvn",),), debian="maven"))
    interrupt_frame = True

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.jars: list[str] = []
        self._coordinates: list[str] = []

    def java(self) -> list[str]:
        """The command of the JVM. Raises ToolchainMissing."""
        found = JAVA.find()
        if found is None:
            raise ToolchainMissing(JAVA.missing(self.language.display_name))
        return found

    def libraries(self) -> list[str]:
        """The language's own jars. Raises SpawnError."""
        raise NotImplementedError

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
            await self._evaluate_quietly(self.adding_code(new))

    async def find_version(self) -> str:
        """The language's version: its jar's name tells it sooner than a JVM does."""
        if not self.version:
            with contextlib.suppress(SpawnError):
                found = next(filter(None, map(JAR.search, self.libraries()[:1])), None)
                self.version = found[1] if found else ""
        return self.version or await super().find_version()

    def adding_code(self, paths: Sequence[str]) -> str:
        """Code that adds jars to the session."""
        return f"kernelrunner.Display.addToClasspath({', '.join(map(quoted, paths))});"

    def agent(self) -> list[str]:
        """The agent's jar, with its archive where that has been made."""
        archive = self._archive
        shared = [f"-XX:SharedArchiveFile={archive.classes}"] if archive.classes.exists() else []
        path = [*self._own_jars(), *filter(None, [self.env.get("CLASSPATH")]), *self.jars]
        return [*self.java(), *shared, *self.temporary(), *self._agent_arguments(path)]

    def temporary(self) -> list[str]:
        """Says where temporary files go: a JVM does not look at TMPDIR by itself."""
        jail = self.spawner.enclosure
        env = self.env if jail is None else jail.environment(self.env)
        folder = env.get("TMPDIR")
        return [f"-Djava.io.tmpdir={folder}"] if folder else []

    def _own_jars(self) -> list[str]:
        return [str(self._archive.jar), *self.libraries()]

    def _agent_arguments(self, path: Sequence[str]) -> list[str]:
        names = os.pathsep.join(path)
        return [*OPTIONS, *self.jvm_options, "-cp", names, "kernelrunner.Agent", self.evaluator]

    @cached_property
    def _archive(self) -> Archive:
        return Archive(self.language.name, self.java(), self.sources, self.libraries())

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
        # Of our jars alone: the archive is used with any class path that begins as it did here.
        command = [*self.java(), *self._agent_arguments(self._own_jars())]
        await archive.record(command, self.rehearsal)


def quoted(text: str) -> str:
    """Java's string literal; its escapes are those of JSON."""
    return json.dumps(text)
