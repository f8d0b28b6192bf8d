import { quoteWord } from '../shell-word.js'
import { beginsShells } from './shell-loop.js'

/**
 * The command that ends what runs on a channel: its loop, what descends from it, and what holds its ports, which would
 * keep a new loop from them. A daemon that an earlier command left, with its output elsewhere, is none of these and stays.
 *
 * All are stopped before they are ended: a parent's end would hide its children, and none can start another meanwhile.
 * Shell builtins only: busybox has no pkill in some builds.
 *
 * The process that begins a loop again and again (shell-loop.ts) is spared. Under busybox it holds the ports, too; it is told by its
 * words, for the loop that it began may be gone, and another there.
 *
 * @param session 0 when it is not known
 * @param ports the channel's devices, by which a process id that was given anew is told from the loop's
 */
export function endSession(session: number, ports: readonly string[]): string {
  const devices = ports.length > 0 ? ports : [`/proc/${session}/fd/3`, `/proc/${session}/fd/4`]
  return `s=${session}
holds() {
  for f in /proc/$1/fd/*; do
    for q in ${devices.map(quoteWord).join(' ')}; do [ "$f" -ef "$q" ] && break 2; done
    false
  done || return 1
  { read -r words <"/proc/$1/cmdline"; } 2>/dev/null
  case $words in *${quoteWord(beginsShells)}*) return 1;; esac
}
all=' '
if holds $s; then
  read -r stat <"/proc/$s/stat"
  set -- \${stat##*) }
  parent=$2
  kill -STOP $s
  all=" $s "
fi
new=1
while [ "$new" ]; do
  new=
  for p in /proc/[0-9]*; do
    p=\${p#/proc/}
    case "$all $$ $parent " in *" $p "*) continue;; esac
    { read -r stat <"/proc/$p/stat"; } 2>/dev/null || continue
    set -- \${stat##*) }
    case $all in *" $2 "*) ;; *) holds $p || continue;; esac
    kill -STOP $p && all="$all$p " new=1
  done
done 2>/dev/null
[ "$all" = ' ' ] || kill -KILL $all`
}
