/**
 * Programs that shells and files of a node cannot do without. What busybox of older releases may lack is none of them: setsid, base64
 * and the -c of head have their stand-ins.
 */
const needed = ['mkdir', 'sleep', 'dd', 'cat', 'tail', 'rm', 'sha256sum']

/** What the console shows when it was asked; the names of those that are not there. */
export const lackingPrograms = /programs-lack:((?: [a-z0-9]+)*)\./

/** What is typed at the console before anything is started there: builtins only. It may be typed again. */
export function askForPrograms(): string {
  return `m=; for c in ${needed.join(' ')}; do command -v $c >/dev/null || m="$m $c"; done; echo programs"-lack:$m."\n`
}
