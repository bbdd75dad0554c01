/**
 * Scripts that start and look at detached commands, for the POSIX shells of images, busybox's too. Arguments: the directory of all commands,
 * the id, and those of the script.
 *
 * A command's directory has: `claim`, the line of the wrapper in /proc; `out`; `cut`, an empty file where output was dropped; `stop`, the
 * grace of a stop; `reason`, `timed_out` or `stopped`; `result`, one line. A file with content appears whole, by a rename or a link.
 *
 * The directory is its user's alone. Another user, even root without capabilities, gets `owner UID:GID` and has to run the script as that one.
 *
 * Times are tenths of a second. `rest` counts them, since a `sleep` may take whole seconds only. `follow` looks soon at first, since most
 * commands write at once.
 */
const common = `
base=$1 id=$2 dir=$1/$2 helpers=' '
shift 2
rest() { if sleep "0.$1" 2>/dev/null; then passed=$1; else sleep 1; passed=10; fi; }
stat_of() {
  read -r line 2>/dev/null <"$1" || return 1
  pid=\${line%% *}
  set -- \${line##*) }
  state=$1 parent=$2 session=$4 start=\${20}
}
claimed() { stat_of "$dir/claim" && wrapper=$pid born=$start own=$session; }
lives() { stat_of "/proc/$wrapper/stat" && [ "$start" = "$born" ] && [ "$state" != Z ]; }
look() {
  answer=none
  if [ -d "$dir" ] && [ ! -x "$dir" ]; then
    set -- $(ls -nd "$dir")
    answer="owner $3:$4"
  fi
  claimed || return
  answer=lost
  ! lives || answer=running
  ! read -r result 2>/dev/null <"$dir/result" || answer=$result
}
follow() {
  left=$1 step=1
  look
  case $answer in none | owner*) ;; *)
    exec <"$dir/out"
    [ "$from" = 0 ] || dd bs=1 skip="$from" count=0 2>/dev/null
    cat
    for short in 005 01 02 04; do
      [ "$left" -gt 0 ] && [ "$answer" = running ] && sleep "0.$short" 2>/dev/null || break
      look
      cat
    done
    while [ "$answer" = running ] && [ "$left" -gt 0 ]; do
      rest "$step"
      left=$((left - passed))
      [ "$left" -gt "$(($1 - 20))" ] || step=5
      look
      cat
    done
  esac
  [ ! -e "$dir/cut" ] || answer="$answer cut"
  printf '%s\\n' "$answer" >&2
}
signal_all() {
  none=0
  for p in /proc/[0-9]*; do
    stat_of "$p/stat" && [ "$state" != Z ] && [ "$pid" != "$wrapper" ] || continue
    case $helpers in *" $pid "* | *" $parent "*) continue ;; esac
    if [ "$session" != "$own" ]; then
      case $foreign in *" $pid "*) continue ;; esac
      case $(cat "$p/environ" 2>/dev/null) in *"MAYFLY_COMMAND=$id"*) ;; *) foreign="$foreign$pid "; continue ;; esac
    fi
    none=1
    case $sent in *" $pid "*) ;; *) sent="$sent$pid "; kill -s "$signal" "$pid" 2>/dev/null ;; esac
  done
  return $none
}
end_all() {
  left=$1 signal=TERM sent=' ' foreign=' '
  until signal_all; do
    rest 1
    left=$((left - passed))
    [ "$left" -gt 0 ] || { signal=KILL sent=' '; }
  done
}
`;

/**
 * Arguments: seconds until the time-out, blocks of 512 bytes of output, the grace, `yes` if standard input is the command's, the time to
 * follow the output (`0`: not at all), the command. Prints `started`, `closed` if the directory cannot be made by this user, or the system's
 * error. Behind `started` it follows the output as `outputScript` does. A time-out or a stop of the command ends the following, too.
 *
 * The wrapper claims the id by a link, so a second start does nothing. It runs the command in the foreground, because a shell's background
 * commands ignore interrupts. So the script is a pipeline, and its last part ends the shell that would wait for the wrapper. A reader
 * writes the output up to the limit; a watcher ends the command's processes at the time-out or at a stop. They are in the wrapper's session
 * like the command, so `helpers` holds their pids. A child of the command may keep the output open: the wrapper waits a second for it. Only a
 * KILL surely ends a process that a shell has just made: until its exec, it has the shell's handlers.
 */
export const startScript = `${common}
timeout=$1 blocks=$2 grace=$3 input=$4 following=$5 from=0
shift 5
umask 077
in=/dev/null pipe=$dir/pipe.$$
watch() {
  reason=
  trap 'kill -s KILL "$nap"' TERM
  stat_of /proc/self/stat
  helpers=" $pid $reader "
  printf '%s\\n' "$pid" >"$dir/watcher.new" && mv "$dir/watcher.new" "$dir/watcher"
  sleep "$timeout" & nap=$!
  if [ -e "$dir/stop" ] || [ -e "$dir/result" ]; then kill -s KILL "$nap"; fi
  wait "$nap" && reason=timed_out
  ! read -r grace <"$dir/stop" || reason=stopped
  [ -n "$reason" ] || exit
  printf '%s\\n' "$reason" >"$dir/reason"
  end_all "$grace"
}
wrap() {
  stat_of /proc/self/stat
  wrapper=$pid born=$start own=$session
  printf '%s\\n' "$line" >"$dir/claim.$$" && mkfifo "$pipe" && : >>"$dir/out" || return
  if [ "$input" = yes ]; then in=$dir/in.$$; cat >"$in" || return; fi
  if ! ln "$dir/claim.$$" "$dir/claim"; then
    rm -f "$dir/claim.$$" "$pipe" "$dir/in.$$"
    [ ! -e "$dir/claim" ] || echo started
    return
  fi
  echo started
  exec </dev/null >/dev/null 2>&1
  trap : TERM INT HUP
  (
    trap '' TERM HUP
    ulimit -f "$blocks"
    cat >>"$dir/out" || : >"$dir/cut"
    exec cat >/dev/null
  ) <"$pipe" & reader=$!
  watch & watcher=$!
  (
    MAYFLY_COMMAND=$id
    export MAYFLY_COMMAND
    exec "$@"
  ) <"$in" >"$pipe" 2>&1
  code=$?
  [ ! -e "$dir/reason" ] || wait "$watcher"
  ( sleep 1; kill -s TERM "$wrapper" ) & timer=$!
  wait "$reader"
  kill -s KILL "$timer"
  read -r result <"$dir/reason" || result="exited $code"
  printf '%s\\n' "$result" >"$dir/result.new" && mv "$dir/result.new" "$dir/result"
  kill "$watcher"
  rm -f "$pipe" "$dir/in.$$" "$dir/claim.$$"
}
[ -d "$base" ] || mkdir -m 1777 "$base" 2>/dev/null
if mkdir "$dir" 2>/dev/null || [ -d "$dir" ]; then
  wrap "$@" | {
    if read -r answer && echo "$answer" && [ "$following" != 0 ]; then follow "$following"; fi
    kill -s TERM $$
  }
else
  echo closed
fi
`;

/** Arguments: the time to wait for the end. Like the following, it finally writes the state to standard error. */
export const stateScript = `${common}
left=$1 step=1
look
while [ "$answer" = running ] && [ "$left" -gt 0 ]; do
  rest "$step"
  left=$((left - passed))
  [ "$left" -gt "$(($1 - 20))" ] || step=5
  look
done
printf '%s\\n' "$answer" >&2
`;

/** Arguments: the first byte, the time to follow. Writes the output. The state has `cut` behind it where output was dropped. */
export const outputScript = `${common}
from=$1
follow "$2"
`;

/** Arguments: the grace. The watcher ends the processes, as their own user; if the wrapper is gone, this script ends them. */
export const stopScript = `${common}
look
if [ "$answer" = running ]; then
  printf '%s\\n' "$1" >"$dir/stop.new" && mv "$dir/stop.new" "$dir/stop"
  ! read -r watcher 2>/dev/null <"$dir/watcher" || kill -s TERM "$watcher"
fi
while [ "$answer" = running ]; do
  rest 1
  look
done
[ "$answer" != lost ] || end_all "$1"
printf '%s\\n' "$answer" >&2
`;

/** Removes the directory of a command that has ended. */
export const removeScript = `${common}
look
case $answer in none | owner* | running) ;; *) rm -rf "$dir" ;; esac
printf '%s\\n' "$answer" >&2
`;

/** Makes the directory of all commands for every user of the container. */
export const directoryScript = '[ -d "$1" ] || mkdir -m 1777 "$1"';
