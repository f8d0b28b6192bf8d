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
 * What is typed at the console: for each channel a shell that reads commands from its port for ever, in a session of its
 * own, so that everything it started can be ended together. One short line: a serial console loses bytes of long ones.
 * It may be typed again when no answer comes.
 *
 * setsid(1) does not fork here: a child of a script's shell leads no process group.
 *
 * The ports may not be there yet: udev makes them, and `<>` would make an ordinary file in their place.
 *
 * A read from a port that nobody outside holds open gives end of file at once; the sleep keeps such loops from spinning.
 */
export function startShells(): string {
  const loop = `'while :; do [ -c $0 -a -c $1 ] && setsid sh <>$0 >&0 2>$1; sleep 1; done' $p/shell$n $p/errors$n`
  const all = `for n in ${[...Array(channels).keys()].join(' ')}; do setsid sh -c ${loop} </dev/null >/dev/null 2>&1 & done`
  return `${leaveGetty}; p=/dev/virtio-ports; mkdir /dev/stackrig && ${all}; echo shells"-run"\n`
}

/**
 * Turns the shell that reads a port into a loop, once: each line is a command, run in a subshell that was forked before
 * the line came. What takes time under TCG is a process's beginning and its end; so the subshell says itself how the
 * command ended, and then ends. The loop says it again for commands that did not let it: `exec`, `exit`, a trap, a kill.
 *
 * After the output comes `#tag#`, then `:` from the subshell or `;` from the loop, and the exit status; on both ports.
 * A line that begins with `?` is a question: the subshell answers it with the shell's process id, the tag and the line.
 * One that begins with `#` says how many bytes of a command follow.
 */
export function commandLoop(tag: string): string {
  const answer = String.raw`\?*) echo "$$:$tag:$c"; echo "$c" >&2`
  const long = '\\#*) c=$(head -c ${c#?}); break'
  const read = `while IFS= read -r c || kill $$; do case $c in ${answer};; ${long};; *) break;; esac; done`
  // After an eval that is redirected, 1 and 2 are the ports again, wherever the command has sent its own output.
  const run = `eval "$c" <&5 >&3 2>&4 3>&- 4>&- 5<&-; ended=$?; exit $ended`
  const last = `trap 's=$?; [ "$ended" ] && echo "#$tag#:$s" && echo "#$tag#:$s" >&2; exit $s' EXIT`
  const one = `ended=; ${last}; ${read}; ${run}`
  const loop = `while :; do (${one}); s=$?; echo "#$tag#;$s"; echo "#$tag#;$s" >&2; done`
  return `[ "$tag" ] || { tag=${tag}; exec 3>&1 4>&2 5</dev/null; ${loop}; }`
}
