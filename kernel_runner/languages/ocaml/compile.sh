#!/bin/sh
# Compile modules of OCaml, in the order in which they need each other, and link them.
#
#     sh compile.sh OBJECTS PROGRAM SOURCE...
set -eu

objects=$1 program=$2
shift 2
libraries="-I +unix -I +str -I +threads"
included=
for source; do included="$included -I $(dirname "$source")"; done

# A module's name has no spaces, but a single file's need not be one.
# shellcheck disable=SC2046,SC2086
if [ $# -gt 1 ]; then set -- $(ocamldep -sort $included "$@"); fi
for source; do
  shift
  name=$(basename "$source")
  unit=$objects/${name%.*}
  case $source in
    *.mli) kind=cmi ;;
    *) kind=cmx && set -- "$@" "$unit.cmx" ;;
  esac
  # shellcheck disable=SC2086
  ocamlopt -g $libraries -I "$objects" -c -o "$unit.$kind" "$source"
done
# shellcheck disable=SC2086
ocamlopt -g $libraries unix.cmxa str.cmxa "$@" -o "$program"
