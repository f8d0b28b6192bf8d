import { basename } from 'node:path'
import { Command } from 'commander'
import { openDepot, openFolder, pullGolden, pushGolden } from '../depot/index.js'
import { findStart } from '../scenario/index.js'
import { sum } from './figures.js'
import { interrupted } from './interrupt.js'
import { print } from './print.js'
import { Progress } from './progress.js'

/** A part of what was handed on, in bytes without holes. */
interface Part {
  what: string
  total: number
  travelled: number
}

/** `stackrig golden push`: hands golden snapshots on to other machines. */
export function goldenPushCommand(): Command {
  return new Command('push')
    .description('bring golden snapshots and their images to a folder, for other machines to pull')
    .argument('<folder>', 'on a disk that they share, or that a file server shows')
    .argument('[starts...]', 'names of files in fixtures/topologies or fixtures/stages', ['three-node'])
    .option('--verify', 'read what is there of them already, and bring again what is torn')
    .option('--json', 'print one JSON document')
    .action(async (place: string, names: string[], options: { verify?: boolean; json?: boolean }) => {
      const depot = openFolder(place)
      using progress = new Progress()
      const all = []
      for (const name of names) {
        const given = {
          verify: options.verify ?? false,
          signal: interrupted,
          onProgress: progress.part(name),
        }
        const pushed = await pushGolden(depot, await findStart(name), given)
        all.push(pushed)
        if (options.json) continue
        const compressed = pushed.compressed > 0 ? `, ${mebibytes(pushed.compressed)} compressed` : ''
        print(
          basename(pushed.folder),
          ...partLines(pushed.parts),
          `  in all ${share(sumOf(pushed.parts))}${compressed}`,
        )
      }
      if (options.json) print(JSON.stringify(all, null, 2))
    })
}

/** `stackrig golden pull`: fetches what another machine has pushed. */
export function goldenPullCommand(): Command {
  return new Command('pull')
    .description(
      'fetch golden snapshots and their images that another machine has pushed, instead of making them',
    )
    .argument('<place>', 'the folder, or the http(s) address of a file server that shows it')
    .argument('[starts...]', 'names of files in fixtures/topologies or fixtures/stages', ['three-node'])
    .option('--replace', 'also where an image is another build of the same recipe: it goes')
    .option('--json', 'print one JSON document')
    .action(async (place: string, names: string[], options: { replace?: boolean; json?: boolean }) => {
      const depot = openDepot(place)
      using progress = new Progress()
      const all = []
      for (const name of names) {
        const given = {
          replace: options.replace ?? false,
          signal: interrupted,
          onProgress: progress.part(name),
        }
        const pulled = await pullGolden(depot, await findStart(name), given)
        all.push(pulled)
        if (options.json) continue
        const { folder, parts } = pulled
        print(folder, ...(parts.length > 0 ? partLines(parts) : ['  it is here already']))
      }
      if (options.json) print(JSON.stringify(all, null, 2))
    })
}

const partLines = (parts: readonly Part[]): string[] => parts.map((part) => `  ${part.what}: ${share(part)}`)

const sumOf = (parts: readonly Part[]): Omit<Part, 'what'> => ({
  total: sum(parts.map(({ total }) => total)),
  travelled: sum(parts.map(({ travelled }) => travelled)),
})

function share({ total, travelled }: Omit<Part, 'what'>): string {
  const percent = total === 0 ? 0 : Math.round((100 * travelled) / total)
  return `${mebibytes(travelled)} of ${mebibytes(total)} travelled (${percent} %)`
}

const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`
