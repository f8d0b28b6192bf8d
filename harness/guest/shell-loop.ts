/** Of a node: one ends what hangs on the others, so commands run at the same time on one fewer. */
export const channels = 4

/** The virtio-serial ports of channel n: commands and standard output on one, standard error on the other. */
export const outputPort = (channel: number): string => `shell${channel}`
export const errorPort = (channel: number): string => `errors${channel}`

/** All ports a node's shells need. */
export const shellPorts = Array.from({ length: channels }, (_, n) => [outputPort(n), errorPort(n)]).flat()

/** What the console shows once the shells were started. */
export const shellsStarted = /shells-run/

/**
 * systemd ends what a login on the console leaves behind in the control group of its getty: out of it, into the root
 * group (cgroups(7); version 2, then 1). Without control groups it does nothing.
 */
const leaveGetty =
  'echo $$ | tee /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/systemd/cgroup.procs >/dev/null 2>&1'

/**
 * What a shell on a port does until it is told to be a loop: it drops what it reads, line by line. A command that was
 * given up may still lie in the port, and must not be run by the shell that comes after the one it was meant for.
 */
export const loopReader = 'while read -r l; do case $l in @stackrig*) eval "${l#* }";; esac; done'

/** What the process that begins a channel's shells for ever is told by (end-session.ts). */
export const beginsShells = 'while :; do [ -c $0 -a -c $1 ] && '

/**
 * What is typed at the console: for each channel a shell that reads commands from its port for ever, in a session of its
 * own. One short line: a serial console loses bytes of long ones. It may be typed again when no answer comes.
 *
 * setsid(1) does not fork here: a child of a script's shell leads no process group. Without it (busybox of OpenEmbedded's dizzy to thud) the
 * loop outlives by a trap what ends its group; traps are reset in what it starts.
 *
 * The ports may not be there yet: udev makes them, and `<>` would make an ordinary file in their place.
 *
 * A read from a port that nobody outside holds open gives end of file at once; the sleep keeps such loops from spinning.
 */
export function startShells(): string {
  const loop = `'[ "$3" ] || trap : HUP INT TERM; ${beginsShells}$3 sh -c "$2" sh $0 $1 <>$0 >&0 2>$1; sleep 1; done' $p/shell$n $p/errors$n "$w" $s`
  const all = `for n in ${[...Array(channels).keys()].join(' ')}; do $s sh -c ${loop} </dev/null >/dev/null 2>&1 & done`
  return `${leaveGetty}; p=/dev/virtio-ports; w='${loopReader}'; s=; command -v setsid >/dev/null && s=setsid; mkdir /dev/stackrig && ${all}; echo shells"-run"\n`
}

/**
 * What makes the shell that reads a port a loop: each line is a command, run in a subshell that was forked before the
 * line came. What takes time under TCG is a process's beginning and its end; so the subshell says itself how the command
 * ended, and then ends.
 *
 * Lines to the loop; all else is dropped:
 * - `?WORD` is a question. The answer is `?WORD:SESSION:STATUS:PIDS:PORTS` on the first port and `?WORD` on the second:
 *   the loop's process id, the exit status of the last command, the processes that still hold this channel's ports, and
 *   the ports.
 * - `:MARK COMMAND` is a command, `#MARK N` one whose N bytes follow.
 *
 * Before a command's output stands `<:MARK`, after it `>:MARK:STATUS`, on both ports. A command that ended its shell in a
 * way of its own (`exec`, a trap, a kill) leaves the end out: the answer to the next question says what became of it.
 *
 * The loop's own 1 and 2 are no ports, so that what it says by itself is in nobody's output. A subshell's are, for a trap
 * of the command's own. While its eval runs they are too, and again afterwards, wherever the command has sent its output.
 * What follows is not to be traced, whatever the command has set: its end stands in the trace as well.
 */
export function commandLoop(): string {
  const answer = `\\?*) [ -z "$_held" ] || { read -r _self _x </proc/self/stat; ${allHolders}; }; echo "$_c:$$:$_s:$_held:$_ports" >&3; echo "$_c" >&4`
  const short = ':*) _m=${_c%% *}; _c=${_c#* }; break'
  // A head(1) without -c (busybox, FEATURE_FANCY_HEAD) says so before it reads.
  const long =
    '\\#*) _m=${_c%% *}; _c=${_c#* }; _c=$(head -c "$_c" 2>/dev/null || dd bs=1 count="$_c" 2>/dev/null); break'
  const read = `while IFS= read -r _c || kill $$; do case $_c in ${answer};; ${short};; ${long};; esac; done`
  const run = `echo "<$_m"; echo "<$_m" >&2; eval "$_c" <&5 >&3 2>&4 3>&- 4>&-; { _e=$?; set +x; } 2>&5; exit "$_e"`
  const say = 'command echo ">$_m:$_s" >&3; command echo ">$_m:$_s" >&4'
  const last = `trap '{ _s=$?; set +x; if [ "$_e" ]; then ${say}; fi; exit "$_s"; } 2>&5' EXIT`
  const one = `exec >&3 2>&4; _e=; ${last}; ${read}; ${run}`
  const loop = `while :; do (${one}); _s=$?; ${lookForHolders}; done`
  const ports = 'exec 3>&1 4>&2 5<>/dev/null >&5 2>&5'
  return `@stackrig ${ports}; l=; _ports="$*"; set --; _s=0; _held=; _self=; _last=0; ${holders}; ${readLast}; ${loop}`
}

/**
 * Leaves in `_held` those of the given processes that hold a port of this channel: whatever they write lands between the
 * marks of a later command, and no one can tell. Those who look are none of them, nor is the process that began the loop.
 */
const holders =
  '_holds() { for _f in /proc/$1/fd/*; do ' +
  'if [ "$_f" -ef /proc/$$/fd/3 ] || [ "$_f" -ef /proc/$$/fd/4 ]; then return 0; fi; done; return 1; }; ' +
  '_holders() { _held=; for _p; do _p=${_p#/proc/}; case $_p in $$|$PPID|$_self) ;; ' +
  '*) ! _holds "$_p" || _held="$_held $_p";; esac; done; }'

/** The process id that was given last (proc(5), loadavg). */
const readLast = 'read -r _x _x _x _x _last </proc/loadavg || _last=0'

const allHolders = '_holders /proc/[0-9]*'

/**
 * After each command, when its result is on its way already. A command that started no process leaves none; otherwise it
 * is one of those whose number was given since, until no more are given. When those are many, or numbers began anew, all
 * processes are looked at.
 */
const lookForHolders =
  `_first=$_last; ${readLast}; ` +
  `if [ "$_held" ]; then ${allHolders}; elif [ "$((_last - _first))" -ne 1 ]; then _n=0; ` +
  'while [ ! "$_held" ] && [ "$_last" -ne "$_first" ] && [ "$_n" -lt 50 ]; do set --; _n=$((_n + 1)); ' +
  'if [ "$_last" -gt "$_first" ] && [ "$((_last - _first))" -lt 500 ]; then ' +
  'while [ "$_first" -lt "$_last" ]; do _first=$((_first + 1)); [ ! -e /proc/$_first ] || set -- "$@" $_first; done; ' +
  `else set -- /proc/[0-9]*; fi; _holders "$@"; _first=$_last; ${readLast}; done; set --; fi`
