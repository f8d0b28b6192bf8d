import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { InnerRun } from './testing/inner-run.js'

test('every test of a run is there, as it ended, under a name that resulttool takes', async () => {
  await using inner = await InnerRun.of({
    'sum.test.ts': [
      "import { describe, expect, test } from 'vitest'",
      "describe('a sum', () => { test('is right: 1 + 1', () => expect(1 + 1).toBe(2)) })",
      "test('is wrong', () => expect(1 + 1).toBe(3))",
      "test.skip('is left out', () => undefined)",
    ],
    'broken.test.ts': ["throw new Error('no such file')"],
    'hook.test.ts': [
      "import { beforeAll, describe, test } from 'vitest'",
      "describe('a cluster', () => {",
      "  beforeAll(() => { throw new Error('no snapshot') })",
      "  test('works', () => undefined)",
      '})',
    ],
  })
  await inner.start()

  const sets = JSON.parse(await readFile(join(inner.results, 'testresults.json'), 'utf8')) as Record<
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
