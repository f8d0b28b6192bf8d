import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startVitest } from 'vitest/node'
import { TestResultsReporter } from './test-results.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'results-'))
})

afterEach(() => rm(folder, { recursive: true }))

test('every test of a run is there, as it ended, under a name that resulttool takes', async () => {
  const tests = [
    "import { describe, expect, test } from 'vitest'",
    "describe('a sum', () => { test('is right: 1 + 1', () => expect(1 + 1).toBe(2)) })",
    "test('is wrong', () => expect(1 + 1).toBe(3))",
    "test.skip('is left out', () => undefined)",
  ]
  await writeFile(join(folder, 'sum.test.ts'), tests.join('\n'))
  await writeFile(join(folder, 'broken.test.ts'), "throw new Error('no such file')")
  const hook = [
    "import { beforeAll, describe, test } from 'vitest'",
    "describe('a cluster', () => {",
    "  beforeAll(() => { throw new Error('no snapshot') })",
    "  test('works', () => undefined)",
    '})',
  ]
  await writeFile(join(folder, 'hook.test.ts'), hook.join('\n'))
  const file = join(folder, 'out', 'testresults.json')
  const status = process.exitCode
  const vitest = await startVitest('test', [], {
    root: folder,
    config: false,
    watch: false,
    name: 'unit',
    reporters: [new TestResultsReporter(file)],
  })
  await vitest.close()
  // The inner run has failed, this one has not.
  process.exitCode = status

  const sets = JSON.parse(await readFile(file, 'utf8')) as Record<
    string,
    { configuration: object; result: object }
  >
  const [[id, set] = []] = Object.entries(sets)
  expect(id).toMatch(/^runtime_stackrig-unit_qemux86-64_\d{14}$/)
  expect(set?.configuration).toMatchObject({
    TEST_TYPE: 'runtime',
    MACHINE: 'qemux86-64',
    DISTRO: 'stackrig',
  })
  expect(set?.result).toEqual({
    'sum.a_sum_is_right_1_1': { status: 'PASSED', log: null, duration: expect.any(Number) as number },
    'sum.is_wrong': {
      status: 'FAILED',
      log: expect.stringContaining('expected 2 to be 3') as string,
      duration: expect.any(Number) as number,
    },
    'sum.is_left_out': { status: 'SKIPPED', log: null, duration: 0 },
    'hook.a_cluster_works': { status: 'SKIPPED', log: null, duration: 0 },
    'hook.load': { status: 'ERROR', log: 'no snapshot', duration: 0 },
    'broken.load': { status: 'ERROR', log: expect.stringContaining('no such file') as string, duration: 0 },
  })
})
