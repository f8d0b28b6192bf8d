import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { Cluster } from '../cluster/index.js'
import { showControls, StackrigError } from '../errors/index.js'
import {
  forkCluster,
  openMoment,
  placeOf,
  recordedSnapshot,
  whyGone,
  type MomentPlace,
  type MomentRow,
} from '../snapshot/index.js'
import { describeScenario, fileName, findScenario, runNames, scenariosOf } from './find-row.js'
import { interrupted } from './interrupt.js'
import { leaveRunning, requireFreeName } from './leave-running.js'

/** `stackrig rewind`: a moment of a past scenario as a running cluster. */
export function rewindCommand(): Command {
  return new Command('rewind')
    .description('enter a moment of a past scenario, and leave it running; without a name, list them')
    .argument('[run]', 'latest, or the name of a folder of results')
    .argument('[scenario]', "a part of its file's or its own name; of several, the one that failed")
    .option('--step <n>', 'the end of this outermost step; 0 is just after the fork', stepNumber)
    .option('--name <name>', "name of the cluster (default: that of the scenario's file)")
    .option('--json', 'print one JSON document')
    .action(async (run: string | undefined, scenario: string | undefined, options: RewindOptions) => {
      if (run === undefined) return list(options)
      const { root, row } = await findScenario(run, scenario)
      await enter(root, row, options)
    })
}

export interface EnterOptions {
  step?: number
  name?: string
  json?: boolean
}

type RewindOptions = EnterOptions

/**
 * Forks a moment of a row and leaves it running.
 * @throws StackrigError USAGE, SNAPSHOT_BROKEN
 */
export async function enter(
  root: string,
  row: MomentRow,
  { step, name, json }: EnterOptions,
): Promise<never> {
  const cluster = name ?? fileName(row)
  const place = step === 0 ? undefined : placeOf(row, step)
  await requireFreeName(cluster)
  if (!existsSync(row.snapshot.folder)) throw await goldenGone(root, row, place)
  const started = performance.now()
  const entered = await forkPlace(root, row, place)
  await leaveRunning(entered, {
    ...{ name: cluster, took: performance.now() - started, json },
    what: showControls(`${row.test}, ${place ? describePlace(place) : 'just after the fork'}`),
  })
  throw new TypeError('it has ended')
}

async function forkPlace(
  root: string,
  { snapshot }: MomentRow,
  place: { moment: string } | undefined,
): Promise<Cluster> {
  const golden = recordedSnapshot(snapshot)
  if (place === undefined) return forkCluster(golden, { signal: interrupted })
  const moment = await openMoment(join(root, place.moment), golden)
  return moment.fork({ signal: interrupted })
}

/** A moment that was given up says why; otherwise the snapshot was removed by hand, or made anew. */
async function goldenGone(root: string, row: MomentRow, place?: { moment: string }): Promise<StackrigError> {
  const reason = place && (await whyGone(join(root, place.moment)))
  return new StackrigError('SNAPSHOT_BROKEN', 'a moment must stand on its very golden snapshot', {
    where: row.snapshot.folder,
    seen: reason ?? 'it is not there any more',
    next: 'run the scenario again',
  })
}

/** What can be entered, the newest first. */
async function list({ json }: RewindOptions): Promise<void> {
  const rows = (await Promise.all((await runNames()).map((run) => scenariosOf(run)))).flat()
  if (json) {
    const plain = rows.map(({ run, root, row }) => ({
      ...{ run, folder: root, file: row.file, name: row.test, ended: row.ended },
      ...{ steps: row.steps, failure: row.failure },
    }))
    process.stdout.write(`${JSON.stringify(plain, null, 2)}\n`)
    return
  }
  if (rows.length === 0)
    process.stdout.write(
      'no scenario has left moments; those that fail do, and with --keep those that pass\n',
    )
  for (const scenario of rows) {
    process.stdout.write(showControls(`${scenario.run}  ${describeScenario(scenario)}\n`))
    for (const place of places(scenario.row)) {
      const gone = place.moment === undefined ? place.missing : await goneReason(scenario.root, place.moment)
      process.stdout.write(
        showControls(`  ${describePlace(place)}${gone === undefined ? '' : `  (gone: ${gone})`}\n`),
      )
    }
  }
}

const places = ({ steps, failure }: MomentRow): MomentPlace[] => [
  ...steps,
  ...(failure && failure.n === undefined ? [failure] : []),
]

async function goneReason(root: string, moment: string): Promise<string | undefined> {
  return existsSync(join(root, moment, 'moment.json')) ? undefined : whyGone(join(root, moment))
}

function describePlace({ n, name, status }: MomentPlace): string {
  if (n === undefined) return name
  return `${status === 'failed' ? 'where step' : 'after step'} ${n} "${name}"${status === 'failed' ? ' failed' : ''}`
}

/** A number of a step, from an option. */
export function stepNumber(text: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number
  throw new InvalidArgumentError('the number of a step is wanted, from 1, or 0')
}
