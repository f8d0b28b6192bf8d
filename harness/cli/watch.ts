import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { styleText } from 'node:util'
import { Command } from 'commander'
import { StackrigError } from '../errors/index.js'
import { timelinesIn, watchLine } from '../report/index.js'
import { PresentState, TimelineTail } from '../timeline/index.js'
import { interrupted } from './interrupt.js'
import { terminalOptions } from './print.js'
import { resultsRoot } from './results-folder.js'

// ms
const interval = 250

/** `stackrig watch`: what happens in the running scenario, line by line, from another terminal. */
export function watchCommand(): Command {
  return new Command('watch')
    .description('show what happens in the running scenario: its nodes, steps, waits and calls')
    .argument('[lanes...]', 'only these: scenario, api, network, browser, harness, or names of nodes')
    .option('--run <folder>', 'folder of the run', 'latest')
    .action(async (lanes: string[], { run }: { run: string }) => {
      const folder = join(resultsRoot, run)
      const { colour, width } = terminalOptions()
      const running = await newestRunning(folder)
      if (running === undefined)
        throw new StackrigError('USAGE', 'a scenario must be running', {
          where: folder,
          next: 'npx stackrig test scenarios/NAME, in another terminal',
        })
      const tail = new TimelineTail(running)
      const state = new PresentState()
      while (!interrupted.aborted) {
        for (const entry of await tail.read()) {
          state.take(entry)
          const lane = entry.lane.replace(/^node:/, '')
          if (lanes.length > 0 && !lanes.includes(lane)) continue
          const { time, place, words } = watchLine(entry, width)
          process.stdout.write(`${colour ? styleText('dim', time) : time} ${place} ${words}\n`)
        }
        // That of a scenario which has passed is gone.
        if (state.status !== undefined || !existsSync(running)) return
        await delay(interval, undefined, { signal: interrupted }).catch(() => undefined)
      }
    })
}

/** Of the scenarios of a run that have not ended, the one that wrote last. */
async function newestRunning(folder: string): Promise<string | undefined> {
  const found: { path: string; written: number }[] = []
  for (const path of await timelinesIn(folder)) {
    const state = new PresentState()
    const tail = new TimelineTail(path)
    for (let entries = await tail.read(); entries.length > 0; entries = await tail.read())
      for (const entry of entries) state.take(entry)
    if (state.test === undefined || state.status !== undefined) continue
    found.push({ path, written: (await stat(path)).mtimeMs })
  }
  return found.toSorted((a, b) => b.written - a.written)[0]?.path
}
