# What a cell shows besides text: display, displayHTML and displayJS, as bash_kernel has them.
#
# The answers' descriptor is closed while a cell runs, but the shell keeps a copy of its own. The
# data itself is in a file, so that a frame is short and two displays at once do not mix.

_kr_pipe=$(readlink "/proc/$$/fd/$_kr_out")

# display [-m TYPE] [-i ID] [-u ID] [FILE]: shows a file, or what comes on stdin. TYPE is a MIME
# type; -i gives what is shown an ID, and -u replaces what has that ID.
display() {
  local OPTIND=1 option kind=display id= mime= data
  while getopts m:i:u: option; do
    case $option in
      m) mime=$OPTARG ;;
      i) id=$OPTARG ;;
      u) id=$OPTARG kind=update ;;
      *) echo "usage: display [-m TYPE] [-i ID] [-u ID] [FILE]" >&2; return 2 ;;
    esac
  done
  shift $((OPTIND - 1))
  data=$(mktemp "$_kr_dir/display.XXXXXX") || return
  if ! cat -- "${1:--}" >|"$data"; then
    rm -f "$data"
    return 1
  fi
  [[ -n $mime ]] || mime=$(_kr_mime "$data")
  _kr_show D "$kind" "$id" '' text/plain "[$mime, $(stat -c %s "$data") bytes]" "@$mime" "$data"
}

displayHTML() { display -m text/html "$@"; }

displayJS() { display -m application/javascript "$@"; }

# clearOutput [wait]: removes what the cell has shown, with `wait` only once there is more.
clearOutput() { _kr_show U $(($# > 0)); }

_kr_mime() {  # FILE
  local LC_ALL=C start
  IFS= read -r -d '' -n 256 start <"$1"
  case $start in
    $'\x89PNG'*) echo image/png ;;
    $'\xff\xd8'*) echo image/jpeg ;;
    GIF8*) echo image/gif ;;
    RIFF????WEBP*) echo image/webp ;;
    %PDF*) echo application/pdf ;;
    *'<svg'*) echo image/svg+xml ;;
    '<'*) echo text/html ;;
    *) echo text/plain ;;
  esac
}

_kr_show() {  # TYPE FIELD...
  local fd _kr_out
  for fd in "/proc/$$/fd/"*; do
    [[ $(readlink "$fd") == "$_kr_pipe" ]] || continue
    printf '\e_kernel-runner\e\\'
    exec {_kr_out}>"$fd"
    _kr_reply "$1" "$_kr_id" "${@:2}"
    exec {_kr_out}>&-
    return
  done
}
