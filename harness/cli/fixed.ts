import { Command, InvalidArgumentError } from 'commander'
import { cleanRunsFor } from '../report/index.js'
import type { Overlay } from '../scenario/index.js'
import { namesOption } from './names-option.js'
import { overlayOption } from './overlay-option.js'
import { print } from './print.js'
import { exitStatusOfRepeat, repeatTests } from './repeat.js'
import { requireUnmarked } from './require-unmarked.js'
import { jobsOption, type Jobs } from './side-by-side.js'
import { wordsForEachRun } from './words-for-each-run.js'

interface FixedOptions {
  rate: number
  jobs: Jobs
  overlay?: Overlay[]
  restart?: string[]
}

/** `stackrig fixed`: whether something that failed now and then may be believed to be mended. */
export function fixedCommand(): Command {
  return new Command('fixed')
    .description('run tests that failed at some rate until one may believe at 95 % that they no longer do')
    .argument('<files...>', 'test files, as for `test`')
    .requiredOption('--rate <share>', 'how often they failed, as 0.1: one run of ten', share)
    .option(
      '--jobs <n>',
      'so many runs side by side; auto: as memory and processors allow',
      jobsOption,
      'auto',
    )
    .option(
      '--overlay <node=folder>',
      'lay a folder over a node of every fork; may be repeated',
      overlayOption,
    )
    .option('--restart <units>', 'services that are restarted after that; several with commas', namesOption)
    .action(async (files: string[], { rate, jobs, overlay, restart }: FixedOptions) => {
      const runs = cleanRunsFor(rate)
      const chance = `(1 - ${rate}) ^ ${runs} = ${((1 - rate) ** runs).toFixed(3)}`
      print(`${runs} clean runs make the fix believable: ${chance}, not more than 0.05`)
      const words = wordsForEachRun({ files, overlay, restart })
      const ended = await repeatTests({ words, runs, jobs, untilFail: true, require: requireFixable })
      if (ended.clean >= runs) {
        print(`believable: ${runs} clean runs. If it still failed at ${rate}, this would happen once in 20.`)
        return
      }
      const why = ended.failed > 0 ? 'it failed' : 'the host or stackrig failed too often'
      print(`not believable: ${why} after ${ended.clean} clean runs of ${runs}`)
      process.exitCode = exitStatusOfRepeat(ended)
    })
}

const requireFixable = ({ results }: Parameters<typeof requireUnmarked>[0]): void =>
  requireUnmarked({ results }, 'a test that is to be fixed')

function share(text: string): number {
  const number = Number(text)
  if (number > 0 && number < 1) return number
  throw new InvalidArgumentError('a number above 0 and below 1 is wanted')
}
