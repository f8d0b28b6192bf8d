import { basename } from 'node:path'
import { Command } from 'commander'
import { isStage } from '../cloud/index.js'
import { ensureBaseline } from '../diagnosis/index.js'
import { findStart, prepare } from '../scenario/index.js'
import {
  snapshotRoot,
  listMoments,
  listSnapshots,
  momentsOn,
  originOf,
  removeAbandoned,
  removeSnapshot,
  snapshotsInUse,
} from '../snapshot/index.js'
import { humanDuration } from '../duration.js'
import { settings } from '../settings.js'
import { goldenPullCommand, goldenPushCommand } from './golden-depot.js'
import { interrupted } from './interrupt.js'
import { Progress } from './progress.js'

/** `stackrig golden`: the golden snapshots on disk. */
export function goldenCommand(): Command {
  const golden = new Command('golden').description('list, make, hand on and remove golden snapshots')
  golden
    .command('list', { isDefault: true })
    .description('list the golden snapshots on disk')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const rows = await listMoments()
      const entries = (await listSnapshots(snapshotRoot())).map((snapshot) => ({
        ...snapshot,
        moments: rows
          .filter(({ golden: name }) => name === basename(snapshot.folder))
          .map(({ folder, size, made }) => ({ folder, size, made })),
      }))
      if (json) {
        process.stdout.write(`${JSON.stringify(entries, null, 2)}\n`)
        return
      }
      for (const { folder, size, used, moments } of entries) {
        const age = humanDuration(Date.now() - used)
        process.stdout.write(`${basename(folder)}  ${(size / 1024 ** 3).toFixed(1)} GiB, used ${age} ago\n`)
        for (const row of moments)
          process.stdout.write(`  moments of ${(row.size / 1024 ** 2).toFixed(0)} MiB in ${row.folder}\n`)
      }
      const kept = rows.reduce((sum, { size }) => sum + size, 0) / 1024 ** 3
      process.stdout.write(`moments: ${kept.toFixed(1)} GiB, budget ${settings().momentsGiB} GiB\n`)
      process.stdout.write(`${entries.length} in ${snapshotRoot()}, budget ${settings().goldenGiB} GiB\n`)
    })
  golden
    .command('make')
    .description('make the golden snapshot of a topology or a stage, unless it is there')
    .argument('[start]', 'name of a file in fixtures/topologies or fixtures/stages', 'three-node')
    .action(async (name: string) => {
      using progress = new Progress()
      const start = await findStart(name)
      const made = await prepare(start, {
        signal: interrupted,
        onProgress: progress.say,
      })
      await ensureBaseline(originOf(made), made.topology, { signal: interrupted, onProgress: progress.say })
      process.stdout.write(`${made.folder}\n`)
      process.stdout.write(
        `${isStage(start) ? 'reached' : 'booted'} in ${humanDuration(made.took)} with ${made.accelerator}\n`,
      )
    })
  golden
    .command('prune')
    .description('remove all golden snapshots that no running cluster and no moment stands on')
    .action(async () => {
      await removeAbandoned(snapshotRoot())
      const opened = snapshotsInUse()
      for (const { folder } of await listSnapshots(snapshotRoot())) {
        const moments = (await momentsOn(folder)).length
        const why = opened.has(folder) ? 'in use' : moments > 0 ? `${moments} moments stand on it` : undefined
        if (why === undefined) await removeSnapshot(folder)
        process.stdout.write(`${why === undefined ? 'removed' : `${why}, kept:`} ${basename(folder)}\n`)
      }
    })
  golden.addCommand(goldenPushCommand())
  golden.addCommand(goldenPullCommand())
  return golden
}
