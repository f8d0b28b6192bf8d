import { Command } from 'commander'
import { styleText } from 'node:util'
import { humanDuration } from '../duration.js'
import { findImage } from '../images/index.js'
import { probeAcceleration } from '../qemu/index.js'
import { Progress } from './progress.js'
import { makeResultsFolder, runVitest, type RunOutcome } from './run-vitest.js'
import { prepareWithStages } from './prepare-with-stages.js'

const core = ['keystone', 'glance', 'nova', 'horizon'].map((name) => `scenarios/${name}.scenario.ts`)

/** `stackrig start`: the main job. */
export function startCommand(): Command {
  return new Command('start')
    .description('make images and golden snapshot if need be, then run the core scenarios')
    .action(async () => {
      const started = Date.now()
      const acceleration = await prepare()
      const prepared = Date.now()
      const outcome = await runVitest(
        { projects: ['scenarios'], files: core, slow: false },
        await makeResultsFolder(),
      )
      printTable(outcome)
      process.stdout.write(
        [
          '',
          `prepared in ${humanDuration(prepared - started)}, scenarios in ${humanDuration(Date.now() - prepared)}`,
          `accelerator: ${acceleration.accelerator} (${acceleration.reason})`,
          `report: ${outcome.folder}`,
          '',
        ].join('\n'),
      )
      process.exitCode = outcome.ok ? 0 : 1
    })
}

async function prepare(): Promise<{ accelerator: string; reason: string }> {
  using progress = new Progress()
  await prepareWithStages('three-node', progress)
  return await probeAcceleration(await findImage('pocket'))
}

/** One line for each scenario. */
function printTable({ tests }: RunOutcome): void {
  const width = Math.min(78, process.stdout.columns || 80) - 20
  process.stdout.write('\n')
  for (const { file, name, passed, skipped, duration } of tests) {
    const mark = skipped
      ? styleText('yellow', 'skipped')
      : passed
        ? styleText('green', 'passed ')
        : styleText('red', 'failed ')
    const label = `${file.replace(/^scenarios\/|\.scenario\.ts$/g, '')}: ${name}`
    const short = label.length > width ? `${label.slice(0, width - 1)}…` : label
    process.stdout.write(`${mark} ${short.padEnd(width)} ${humanDuration(duration).padStart(10)}\n`)
  }
}
