import { createHash } from 'node:crypto'
import type { Snapshot } from '../../snapshot/index.js'
import { forkCluster } from '../../snapshot/index.js'
import { pairGolden } from '../../testing/pocket.js'
import { eventually } from '../eventually.js'
import { heldNow, type Held } from '../level.js'
import { openPlace } from '../own-place.js'
import { Chance } from '../random.js'
import type { Row } from '../row.js'

const mebibyte = 1024 * 1024
/** Cycles after which everything that is made once has been made. */
const warm = 3
/** Of what a process that has done much may hold more than one that has done little, bytes. */
const mostHeap = 16 * mebibyte

let golden: Snapshot<'one' | 'two'>
let done = 0
let level: Held | undefined
let last: Held | undefined

/** Fork, commands, close: no failure, and as many descriptors, listeners and bytes in the end as in the beginning. */
export const row: Row = {
  name: 'cycle',
  amounts: { small: 50, nightly: 5000 },
  open: async () => {
    const place = openPlace()
    golden = await pairGolden()
    ;[done, level] = [0, undefined]
    return place
  },
  attempt: async (seed) => {
    await live(new Chance(seed))
    done += 1
    if (done < warm) return
    level ??= heldNow()
    const before = level
    // What was closed may take a turn of the event loop to go.
    await eventually(
      () => Promise.resolve(aboveLevel(before, (last = heldNow()))),
      `after ${done} cycles`,
      10_000,
    )
  },
  report: () =>
    level && last ? `after ${warm} cycles ${inWords(level)}; after ${done} ${inWords(last)}` : '',
}

function aboveLevel(before: Held, now: Held): string[] {
  const kinds = ['descriptors', 'listeners', 'resources'] as const
  const more = kinds.filter((kind) => now[kind] > before[kind])
  return [
    ...more.map((kind) => `${now[kind]} ${kind}, ${before[kind]} before`),
    ...(now.heap > before.heap + mostHeap
      ? [`${Math.round((now.heap - before.heap) / mebibyte)} MiB more`]
      : []),
  ]
}

const inWords = ({ descriptors, listeners, resources, heap }: Held): string =>
  `${descriptors} descriptors, ${listeners} listeners, ${resources} resources, ${(heap / mebibyte).toFixed(1)} MiB`

async function live(chance: Chance): Promise<void> {
  await using cluster = await forkCluster(golden)
  for (let left = 1 + chance.below(4); left > 0; left -= 1) {
    const name = chance.one(['one', 'two'] as const)
    const node = cluster.node(name)
    const data = chance.bytes(chance.below(3000))
    const word = String(chance.below(1e6))
    await node.writeFile('/root/data', data)
    const [host, sum, status] = await Promise.all([
      node.run`hostname`,
      node.run`sha256sum /root/data`,
      node.execute(`echo ${word}; exit ${chance.below(256)}`),
    ])
    const digest = createHash('sha256').update(data).digest('hex')
    const seen = [host, sum.split(' ')[0], status.stdout.toString()]
    if (seen.join() === [name, digest, `${word}\n`].join()) continue
    throw new Error(`${JSON.stringify(seen)} on ${name}, wanted ${digest} and ${word}`)
  }
}
