/**
 * The words of a command whose process ends with this one, however this one ends: the kernel sends it the signal then (prctl(2),
 * PR_SET_PDEATHSIG; setpriv(1)). Of a parent that died before that was asked for the kernel tells nobody: so the process looks first
 * whether it is an orphan already, and does not begin then.
 */
export const endingWithUs = (signal: 'KILL' | 'TERM', ...command: string[]): [string, ...string[]] => [
  'setpriv',
  '--pdeathsig',
  signal,
  '/bin/sh',
  '-c',
  `[ "$PPID" = ${process.pid} ] && exec "$@"`,
  'sh',
  ...command,
]
