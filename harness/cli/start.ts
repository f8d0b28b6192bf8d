import { Command } from 'commander'
import { humanDuration } from '../duration.js'
import { findImage } from '../images/index.js'
import { probeAcceleration } from '../qemu/index.js'
import { settings } from '../settings.js'
import { exitStatus, failureList, testTable } from '../report/index.js'
import { prepareWithStages } from './prepare-with-stages.js'
import { print, printAnnotations, terminalOptions } from './print.js'
import { Progress } from './progress.js'
import { runVitest } from './run-vitest.js'

/** `stackrig start`: the main job. */
export function startCommand(): Command {
  return new Command('start')
    .description('make images and golden snapshot if need be, then run the core scenarios')
    .action(async () => {
      const started = Date.now()
      const acceleration = await prepare()
      const prepared = Date.now()
      const choice = { projects: ['scenarios'], files: [], slow: false, tags: ['core'] }
      const { run, folder } = await runVitest(choice)
      const options = terminalOptions()
      print('', ...testTable(run, options), ...failureList(run, options), '')
      printAnnotations(run)
      print(
        `prepared in ${humanDuration(prepared - started)}, scenarios in ${humanDuration(Date.now() - prepared)}`,
        `accelerator: ${acceleration.accelerator} (${acceleration.reason})`,
        `report: ${folder}`,
      )
      process.exitCode = exitStatus(run)
    })
}

async function prepare(): Promise<{ accelerator: string; reason: string }> {
  using progress = new Progress()
  await prepareWithStages(settings().core, progress)
  return await probeAcceleration(await findImage('pocket'))
}
