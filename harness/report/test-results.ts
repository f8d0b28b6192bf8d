import { mkdir, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'
import { forPeople, stripEscapes } from '../errors/index.js'

/** One test in the words of OpenEmbedded. */
interface TestResult {
  status: 'PASSED' | 'FAILED' | 'SKIPPED' | 'ERROR'
  /** What went wrong. */
  log: string | null
  /** s */
  duration: number
}

/** Results of one kind of test, and what they are filed under. */
interface ResultSet {
  configuration: {
    TEST_TYPE: 'runtime'
    IMAGE_BASENAME: string
    MACHINE: string
    DISTRO: string
    HOST_NAME: string
    /** UTC, as `20261123015300`. */
    STARTTIME: string
    LAYERS: Record<string, never>
  }
  result: Record<string, TestResult>
}

/**
 * Writes `testresults.json`, which OpenEmbedded's `resulttool` reads, merges and compares between runs
 * (meta/lib/oeqa/core/runner.py; the keys are those that scripts/lib/resulttool/resultutils.py files `runtime` tests under).
 * Each of vitest's projects is an image there.
 */
export class TestResultsReporter implements Reporter {
  private readonly file: string
  private readonly started = new Date()

  constructor(file: string) {
    this.file = file
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const sets: Record<string, ResultSet> = {}
    for (const module of modules) {
      const configuration = this.configuration(`stackrig-${module.project.name}`)
      const id = `runtime_${configuration.IMAGE_BASENAME}_${configuration.MACHINE}_${configuration.STARTTIME}`
      const set = (sets[id] ??= { configuration, result: {} })
      const tests = [...module.children.allTests()]
      for (const test of tests) set.result[testId(module, test.fullName)] = outcome(test)
      // A file that could not be loaded has no tests that could say so; where a hook failed, they were left out.
      const told = module.ok() || tests.some((test) => test.result().state === 'failed')
      if (!told) set.result[testId(module, 'load')] = broken(module)
    }
    await mkdir(dirname(this.file), { recursive: true })
    await writeFile(this.file, `${JSON.stringify(sets, null, 4)}\n`)
  }

  private configuration(image: string): ResultSet['configuration'] {
    return {
      TEST_TYPE: 'runtime',
      IMAGE_BASENAME: image,
      MACHINE: 'qemux86-64',
      DISTRO: 'stackrig',
      HOST_NAME: hostname(),
      STARTTIME: this.started.toISOString().replaceAll(/[-:T]|\..*/g, ''),
      LAYERS: {},
    }
  }
}

/** As OpenEmbedded's own are named: dots between file and test, and no spaces. */
function testId(module: TestModule, name: string): string {
  const file = module.relativeModuleId.replace(/\.(scenario|vm\.test|test)\.ts$/, '').replaceAll('/', '.')
  return `${file}.${name.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_|_$/g, '')}`
}

function outcome(test: TestCase): TestResult {
  const { state, errors } = test.result()
  const status = { passed: 'PASSED', failed: 'FAILED', skipped: 'SKIPPED', pending: 'ERROR' } as const
  const log = errors?.map(words).join('\n') ?? null
  return { status: status[state], log, duration: (test.diagnostic()?.duration ?? 0) / 1000 }
}

/** Vitest's own messages have colours in them. */
const words = ({ message }: { message: string }): string => forPeople(stripEscapes(message))

function broken(module: TestModule): TestResult {
  const errors = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors())
  const log = errors.map(words).join('\n')
  return { status: 'ERROR', log, duration: 0 }
}
