import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ShellChannel, type CommandResult } from '../../guest/index.js'
import { cutShell } from '../../guest/testing/cut-shell.js'
import { localShell, localShells } from '../../guest/testing/local-shell.js'
import type { Row } from '../row.js'

/** What must hold: a result is its own command's, or the command failed and its channel was started anew. */
export const shell: Row = {
  name: 'shell',
  amounts: { small: 2000, nightly: 100_000 },
  async attempt(seed) {
    const random = generator(seed)
    const words = localShells[seed % localShells.length] ?? []
    using whole = localShell(words)
    // Half of them whole: cutting is as slow as all the rest.
    const largest = 1 + below(random, 40)
    using cut = random() < 0.5 ? await cutShell(whole, () => 1 + below(random, largest)) : undefined
    const { output, errors } = cut ?? whole
    const channel = new ShellChannel('here', output, errors)
    await channel.start(soon())
    const history: string[] = []
    for (let turn = 0; turn < 2; turn++) {
      const nasty = nastyCommand(random)
      history.push(nasty)
      const wasRun = await runOrReset(channel, nasty)
      if (wasRun) expectPlausible(wasRun)
      const status = below(random, 256)
      const own = `own${seed}x${turn}`
      const check = `echo ${own}; echo e${own} >&2; (exit ${status})`
      history.push(check)
      const result = await runOrReset(channel, check)
      if (!result) continue
      const seen = [result.exitCode, result.stdout.toString('latin1'), result.stderr.toString('latin1')]
      const wanted = [status, `${own}\n`, `e${own}\n`]
      if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
        throw new Error(
          `${words.join(' ')}: wanted ${JSON.stringify(wanted)}, seen ${JSON.stringify(seen)}, after ${JSON.stringify(history)}`,
        )
      }
    }
    channel.close()
    await endOf(channel)
  },
}

const soon = (): AbortSignal => AbortSignal.timeout(30_000)

/** The result; undefined when the command failed, and the channel was started anew. */
async function runOrReset(channel: ShellChannel, command: string): Promise<CommandResult | undefined> {
  try {
    if (await channel.ready(soon())) return await channel.run(command, AbortSignal.timeout(1000))
  } catch {
    // Its own affair.
  }
  await endOf(channel)
  await channel.start(soon())
  return undefined
}

async function endOf({ ending }: ShellChannel): Promise<void> {
  if (ending) await promisify(execFile)('sh', ['-c', ending]).catch(() => undefined)
}

function expectPlausible({ exitCode, command }: CommandResult): void {
  if (Number.isInteger(exitCode) && exitCode >= 0 && exitCode <= 255) return
  throw new Error(`${JSON.stringify(command)} has exit status ${exitCode}`)
}

/** Parts of commands that have something to do with how commands are told apart. */
const parts: ((random: () => number) => string)[] = [
  () => 'set -x',
  () => 'set -xv',
  () => 'set -e',
  () => 'set -u',
  () => 'set -n',
  () => 'PS4=">$_m:0 "; set -x',
  (random) =>
    `echo "${pick(random, ['<', '>', '?', ''])}$_m${pick(random, [':0', ':999', ':-1', ':', '', ':1:2:3'])}"${pick(random, ['', ' >&2', ' >&3', ' >&4'])}`,
  (random) => `printf ">$_m:${below(random, 300)}\\n"; printf ">$_m:${below(random, 300)}\\n" >&2`,
  (random) => `printf '\\000\\377${'\\000'.repeat(below(random, 20))}'${pick(random, ['', ' >&2'])}`,
  (random) => `head -c ${below(random, 3000)} /dev/urandom${pick(random, ['', ' >&2'])}`,
  (random) => `(sleep 0.0${below(random, 10)}; echo late; echo late >&2) &`,
  (random) => `(sleep 0.${below(random, 4)}; echo ">$_m:0"; echo ">$_m:0" >&2) &`,
  () => 'setsid sh -c "exec 8>&1 >/dev/null 2>&1; sleep 0.2; echo late >&8" &',
  () => 'sleep 0.2 >/dev/null 2>&1 &',
  () => '(sh -c "(sleep 0.1; echo late) &" &)',
  (random) => `exit ${below(random, 256)}`,
  (random) => `exec sh -c "echo other; exit ${below(random, 256)}"`,
  () => 'exec >/dev/null',
  () => 'exec 2>&1',
  () => 'exec 3>&1 4>&2 5>&1',
  () => 'exec 3>&- 4>&- 5>&-',
  () => 'exec <&1',
  () => "trap 'echo last' EXIT",
  () => 'trap - EXIT',
  () => "trap '' TERM HUP INT",
  () => "trap 'set -x; echo last >&2' EXIT",
  () => "sh -c 'kill -KILL $PPID'",
  () => 'kill -KILL $$',
  () => 'kill $$',
  () => '_m=other; _e=3; _s=300',
  () => '_held="1 2"; _last=x; IFS=0123',
  () => 'echo() { printf "%s!" "$@"; }; command() { :; }; exit() { :; }; set() { :; }',
  () => 'readonly _s _e _c',
  () => 'unset _m _e; PATH=',
  () => 'cd /; umask 777; ulimit -n 4',
  () => 'cat',
  () => 'if then (',
  () => '${',
  () => 'echo "',
  () => 'return 5',
  () => 'eval "exit 5"',
  () => 'false',
  () => '# a comment',
  () => '?question',
  (random) => `echo ${'y'.repeat(below(random, 3000))}`,
]

function nastyCommand(random: () => number): string {
  const count = 1 + below(random, 4)
  const chosen = Array.from({ length: count }, () => pick(random, parts)(random))
  // `&` separates already, and a comment ends with its line.
  const text = chosen.reduce((before, part) =>
    /&$/.test(before) ? `${before} ${part}` : `${before}${pick(random, ['; ', '\n'])}${part}`,
  )
  return random() < 0.2 ? `${text}\n` : text
}

const below = (random: () => number, limit: number): number => Math.floor(random() * limit)

function pick<T>(random: () => number, choices: readonly T[]): T {
  const choice = choices[below(random, choices.length)]
  if (choice === undefined) throw new TypeError('nothing to pick from')
  return choice
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
