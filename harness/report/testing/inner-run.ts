import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createVitest, type Reporter } from 'vitest/node'
import type { RunOptions } from '../../scenario/run-options.js'
import { projectFolder } from '../../paths.js'
import { RunReporter } from '../run-reporter.js'
import type { Run } from '../run.js'

interface StartOptions {
  beside?: Reporter
  stop?: Promise<unknown>
  /** What `stackrig test` was asked for. */
  options?: Partial<RunOptions>
}

/** How a file of scenarios on the pocket cluster begins. */
export const onPocket = [
  `import { scenario } from '${projectFolder}/harness/index.js'`,
  `import { pocket } from '${projectFolder}/fixtures/topologies/pocket.js'`,
  'const test = scenario(pocket)',
]

/** A run of vitest inside a test: files of its own in a folder of its own, results in `out` below it. */
export class InnerRun implements AsyncDisposable {
  readonly folder: string
  readonly results: string

  private constructor(folder: string, results: string) {
    this.folder = folder
    this.results = join(folder, results)
  }

  /**
   * @param files name -> lines
   * @param results the folder of the results, below that of the run
   */
  static async of(files: Record<string, string[]>, results = 'out'): Promise<InnerRun> {
    const run = new InnerRun(await mkdtemp(join(tmpdir(), 'inner-run-')), results)
    for (const [name, lines] of Object.entries(files)) {
      await mkdir(dirname(join(run.folder, name)), { recursive: true })
      await writeFile(join(run.folder, name), lines.join('\n'))
    }
    return run
  }

  /** Runs all files, one after the other, until `stop` resolves, if it does. */
  async start({ beside, stop, options = {} }: StartOptions = {}): Promise<Run> {
    const status = process.exitCode
    const reporter = new RunReporter(this.results)
    const vitest = await createVitest('test', {
      root: this.folder,
      config: false,
      watch: false,
      name: 'unit',
      fileParallelism: false,
      tags: [{ name: 'slow' }],
      reporters: beside ? [reporter, beside] : [reporter],
    })
    vitest.provide('results', this.results)
    for (const [key, value] of Object.entries(options)) vitest.provide(key as keyof RunOptions, value)
    void stop?.then(() => vitest.cancelCurrentRun('keyboard-input'))
    try {
      await vitest.start()
    } finally {
      await vitest.close()
      // The inner run has failed, the one around it has not.
      process.exitCode = status
    }
    if (reporter.run === undefined) throw new Error('the inner run has no end')
    return reporter.run
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}
