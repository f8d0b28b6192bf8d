import { stat } from 'node:fs/promises'
import { messageOf, StackrigError } from '../../errors/index.js'
import type { Cluster, RunningNode } from '../../cluster/index.js'
import { forkCluster } from '../../snapshot/index.js'
import { pairGolden } from '../../testing/pocket.js'
import { loadOf } from '../hold.js'
import { openPlace } from '../own-place.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

const mebibyte = 1024 * 1024
const floodMiB = 100
/** ms; of what never ends. */
const timeout = 2000
/** How long a console is written to, s: a serial line takes a byte at a time. */
const consoleTime = 5
const patient = { timeout: '20min' } as const

let cluster: Cluster<'one' | 'two'>
const poured = new Map<string, number>()

/** What a guest pours out, on whatever way: bytes that came are counted by the way. */
const floods: Record<string, (node: RunningNode, word: string) => Promise<number>> = {
  'standard output': (node, word) => pour(node, `yes '${word}' | head -c ${floodMiB * mebibyte}`),
  'standard error': (node, word) => pour(node, `yes '${word}' | head -c ${floodMiB * mebibyte} >&2`),
  'standard output without end': async (node, word) => {
    const began = performance.now()
    try {
      await node.execute(`yes '${word}'`, { timeout })
    } catch (error) {
      if (!(error instanceof StackrigError) || error.code !== 'WAIT_TIMEOUT') throw error
      const took = performance.now() - began
      if (took > timeout + 1000)
        throw new Error(`the time-out of ${timeout} ms was kept after ${Math.round(took)} ms`)
      return 0
    }
    throw new Error('it ended')
  },
  'idle port': async (node, word) => {
    // The command has ended, and its channel waits for another, when this begins.
    const background = `(sleep 0.2; yes '${word}' | head -c ${floodMiB * mebibyte}; echo >/root/poured) &`
    await node.execute(background)
    await node.waitUntil(patient)`test -e /root/poured`
    await node.run`rm /root/poured`
    return floodMiB * mebibyte
  },
  console: async (node, word) => {
    const before = await consoleSize(node)
    await node.execute(`timeout ${consoleTime} yes '${word}' >/dev/console`, patient)
    return (await consoleSize(node)) - before
  },
}
const names = Object.keys(floods)

/** Memory + 64 MB at most, the event loop not held for more than 100 ms, the time-out kept within a second. */
export const row: Row = {
  name: 'flood-guest',
  amounts: { small: names.length, nightly: 10 * names.length },
  open: async () => {
    const place = openPlace()
    cluster = await forkCluster(await pairGolden())
    return {
      [Symbol.asyncDispose]: async () => {
        await cluster.close()
        await place[Symbol.asyncDispose]()
      },
    }
  },
  attempt: async (seed) => {
    const chance = new Chance(seed)
    const name = names[seed % names.length] ?? 'console'
    const word = chance.one(['x', '<', '\x1b]52;c;x', '[ 1.0] : 0000 ', 'y'.repeat(1000), '{"a":['])
    const node = cluster.node(chance.one(['one', 'two'] as const))
    // Others use this machine: what really takes long, or much, does so each time.
    for (let tries = 1; ; tries += 1) {
      const problem = await problemOf(name, node, word)
      if (problem === undefined) break
      if (tries === 3) throw new Error(`${name} of ${JSON.stringify(word.slice(0, 20))}: ${problem}`)
    }
    const host = await node.run(patient)`hostname`
    if (host !== node.name)
      throw new Error(`after ${name}, ${node.name} says that it is ${JSON.stringify(host)}`)
  },
  report: () => [...poured].map(([name, bytes]) => `${name}: ${Math.round(bytes / mebibyte)} MiB`).join('; '),
}

async function problemOf(name: string, node: RunningNode, word: string): Promise<string | undefined> {
  let failure: unknown
  const { hold, memory } = await loadOf(async () => {
    try {
      const bytes = (await floods[name]?.(node, word)) ?? 0
      poured.set(name, (poured.get(name) ?? 0) + bytes)
    } catch (error) {
      failure = error
    }
  })
  if (failure !== undefined) return messageOf(failure)
  if (hold > 100) return `held the event loop for ${Math.round(hold)} ms`
  if (memory > 64 * mebibyte) return `took ${Math.round(memory / mebibyte)} MiB`
  return undefined
}

/** All of it arrives, though only its two ends are kept. */
async function pour(node: RunningNode, command: string): Promise<number> {
  let bytes = 0
  const result = await node.execute(command, {
    ...patient,
    outputLimit: mebibyte,
    onOutput: (_, data) => {
      bytes += data.length
    },
  })
  if (result.exitCode === 0 && bytes === floodMiB * mebibyte) return bytes
  throw new Error(`${bytes} bytes arrived, exit status ${result.exitCode}`)
}

const consoleSize = async (node: RunningNode): Promise<number> => (await stat(node.consoleLog)).size
