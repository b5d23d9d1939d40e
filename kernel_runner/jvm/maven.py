"""Maven's coordinates as jars: mvn itself resolves them, with the person's own settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from kernel_runner.packages import PackageError

GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"
COORDINATE = re.compile(r"([^:\s]+):([^:\s]+)(?::([^:\s]+))?(?::([^:\s]+))?:([^:\s]+)")
TAGS = ("groupId", "artifactId", "type", "classifier", "version")
POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kernel-runner</groupId><artifactId>session</artifactId><version>1</version>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""


def project_of(coordinates: Iterable[str]) -> str:
    """The text of a pom.xml that depends on them. Raises PackageError."""
    return POM.format(dependencies="\n".join(map(dependency_of, coordinates)))


def dependency_of(coordinate: str) -> str:
    """group:artifact[:type[:classifier]]:version as XML. Raises PackageError."""
    match = COORDINATE.fullmatch(coordinate)
    if match is None:
        raise PackageError(f"{coordinate} is no Maven coordinate: write group:artifact:version.")
    parts = zip(TAGS, match.groups(), strict=True)
    fields = (f"<{tag}>{escape(text)}</{tag}>" for tag, text in parts if text)
    return f"    <dependency>{''.join(fields)}</dependency>"


def replaced(coordinate: str, by: Iterable[str]) -> bool:
    """Whether others name the same artifact, in another version perhaps."""
    artifact = coordinate.split(":")[:2]
    return any(other.split(":")[:2] == artifact for other in by)


def resolving(project: str, result: str) -> list[str]:
    """mvn's arguments to write the class path of a pom.xml to a file."""
    options = ["--batch-mode", "-Dstyle.color=never", "-Dmdep.outputAbsoluteArtifactFilename=true"]
    return [*options, "--file", project, GOAL, f"-Dmdep.outputFile={result}"]
