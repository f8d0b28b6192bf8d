import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Reporter } from 'vitest/node'
import { exitStatus } from './exit-status.js'
import { countOutcomes, runSucceeded, type Run } from './run.js'
import { InnerRun } from './testing/inner-run.js'

const stackrigError =
  "const failure = (code, group) => Object.assign(new Error('it did'), { name: 'StackrigError', code, class: group })"

/** `name: state class code` of all outcomes. */
const told = (run: Run): string[] =>
  run.outcomes.map(({ kind, name, state, failures }) =>
    [`${kind} ${name}:`, state, ...failures.flatMap((one) => [one.class, one.code ?? '-'])].join(' '),
  )

test('what survives of an error is its code, its class and its words, also when it is the cause of another', async () => {
  await using inner = await InnerRun.of({
    'errors.test.ts': [
      "import { expect, test } from 'vitest'",
      stackrigError,
      "test('service', () => { throw failure('API_FAILED', 'service') })",
      "test('usage', () => { throw failure('USAGE', 'usage') })",
      "test('host', () => { throw failure('HOST_MEMORY', 'host') })",
      "test('internal', () => { throw failure('INTERNAL', 'internal') })",
      "test('cause', () => { throw new Error('outer', { cause: failure('QEMU_DIED', 'boot') }) })",
      "test('loop', () => { const e = new Error('me'); e.cause = e; throw e })",
      "test('assertion', () => { expect({ a: 1 }).toEqual({ a: 2 }) })",
      "test('no room', () => { throw Object.assign(new Error('write'), { code: 'ENOSPC' }) })",
      "test('another code', () => { throw Object.assign(new Error('not ours'), { code: 'USAGE' }) })",
      "test('a text', () => { throw 'words' })",
      "test('late', { timeout: 20 }, () => new Promise(() => undefined))",
      "test('two', () => { expect.soft(1).toBe(2); throw failure('HOST_DISK', 'host') })",
    ],
  })
  const run = await inner.start()
  expect(told(run)).toEqual([
    'test service: failed product API_FAILED',
    'test usage: failed scenario USAGE',
    'test host: failed host HOST_MEMORY',
    'test internal: failed harness INTERNAL',
    'test cause: failed product QEMU_DIED',
    'test loop: failed scenario -',
    'test assertion: failed scenario -',
    'test no room: failed host -',
    'test another code: failed scenario -',
    'test a text: failed scenario -',
    'test late: failed scenario -',
    'test two: failed scenario - host HOST_DISK',
  ])
  expect(run.outcomes.find(({ name }) => name === 'a text')?.failures[0]?.message).toBe('words')
  expect(run.outcomes.find(({ name }) => name === 'assertion')?.failures[0]?.diff).toMatch(/- .*2[^]*\+ .*1/)
  expect(exitStatus(run)).toBe(1)
})

test('hooks, files that cannot be loaded, errors that nobody waited for and lost processes are failures', async () => {
  await using inner = await InnerRun.of({
    'a-after.test.ts': [
      "import { afterAll, expect, test } from 'vitest'",
      "afterAll(() => { throw new Error('no end') })",
      "test('fails, too', () => expect(1).toBe(2))",
      "test('passes', () => undefined)",
    ],
    'b-before.test.ts': [
      "import { beforeAll, test } from 'vitest'",
      stackrigError,
      "beforeAll(() => { throw failure('HOST_DISK', 'host') })",
      "test('waits in vain', () => undefined)",
      "test.todo('later')",
    ],
    'c-broken.test.ts': ["import './not-there.js'"],
    'd-stray.test.ts': [
      "import { test } from 'vitest'",
      "test('passes by', async () => {",
      "  setTimeout(() => { throw new Error('astray') })",
      '  await new Promise((resolve) => setTimeout(resolve, 100))',
      '})',
    ],
    'e-killed.test.ts': [
      "import { test } from 'vitest'",
      "test('dies', async () => {",
      "  process.kill(process.pid, 'SIGKILL')",
      '  await new Promise(() => undefined)',
      '})',
    ],
    'f-skips.test.ts': [
      "import { test } from 'vitest'",
      "test('without KVM', (context) => context.skip('there is no KVM'))",
    ],
  })
  const run = await inner.start()
  expect(told(run).toSorted()).toEqual(
    [
      'test fails, too: failed scenario -',
      'test passes: passed',
      'file the file itself: failed scenario -',
      'test waits in vain: not run',
      'test later: skipped',
      'file the file itself: failed host HOST_DISK',
      'file the file itself: failed scenario -',
      'test passes by: passed',
      'run an error outside of any test during "passes by": failed scenario -',
      'test dies: not run',
      'file the file itself: failed harness INTERNAL',
      'run an error outside of any test: failed harness -',
      'test without KVM: skipped',
    ].toSorted(),
  )
  expect(run.outcomes.find(({ name }) => name === 'without KVM')?.note).toBe('there is no KVM')
  expect(countOutcomes(run)).toEqual({ passed: 2, failed: 7, known: 0, skipped: 2, notRun: 2 })
})

test('an interrupted run tells what was not run, in files that were not begun, too', async () => {
  await using inner = await InnerRun.of({
    'a.test.ts': [
      "import { test } from 'vitest'",
      "test('is done', () => undefined)",
      "test('is at work', async ({ signal }) => {",
      '  await new Promise((resolve) => signal.addEventListener("abort", resolve))',
      '})',
      "test('comes next', () => undefined)",
    ],
    'b.test.ts': ["import { test } from 'vitest'", "test('comes last', () => undefined)"],
  })
  const { promise, resolve } = withResolvers()
  const beside: Reporter = {
    onTestCaseReady: ({ name }) => {
      if (name === 'is at work') resolve(undefined)
    },
  }
  const run = await inner.start({ beside, stop: promise })
  expect(run.interrupted).toBe(true)
  expect(runSucceeded(run)).toBe(false)
  const states = Object.fromEntries(run.outcomes.map(({ file, name, state }) => [`${file} ${name}`, state]))
  expect(states).toMatchObject({
    'a.test.ts is done': 'passed',
    'a.test.ts is at work': 'not run',
    'a.test.ts comes next': 'not run',
  })
  expect(run.outcomes.filter(({ file }) => file === 'b.test.ts').map(({ state }) => state)).toEqual([
    'not run',
  ])
  expect(countOutcomes(run)).toMatchObject({ passed: 1, failed: 0 })
})

test('a run that ran nothing is no success', async () => {
  await using inner = await InnerRun.of({
    'a.test.ts': ["import { test } from 'vitest'", "test.skip('is left out', () => undefined)"],
  })
  const run = await inner.start()
  expect(runSucceeded(run)).toBe(false)
  expect(exitStatus(run)).toBe(1)
})

test('a folder of evidence is in all reports that can name it, and one that was never made in none', async () => {
  await using inner = await InnerRun.of({
    'a.test.ts': [
      "import { mkdirSync } from 'node:fs'",
      "import { test } from 'vitest'",
      'const leave = (folder) => (mkdirSync(folder, { recursive: true }), folder)',
      "test('leaves some', ({ task }) => { task.meta.evidence = leave(`${import.meta.dirname}/out/a/some`) })",
      "test('leaves none', ({ task }) => { task.meta.evidence = `${import.meta.dirname}/out/a/none` })",
    ],
  })
  const run = await inner.start()
  expect(run.outcomes.map(({ evidence }) => evidence)).toEqual([join(inner.results, 'a', 'some'), undefined])
  const json = JSON.parse(await readFile(join(inner.results, 'results.json'), 'utf8')) as { tests: object[] }
  expect(json.tests[0]).toMatchObject({ evidence: 'a/some' })
  expect(await readFile(join(inner.results, 'junit.xml'), 'utf8')).toContain('name="evidence" value="a/some"')
})

test('a full disk is told with its code, and does not take the model of the run along', async () => {
  await using inner = await InnerRun.of({
    'a.test.ts': ["import { test } from 'vitest'", "test('passes', () => undefined)"],
  })
  await mkdir(inner.results)
  await symlink('/dev/full', join(inner.results, 'results.json'))
  await expect(inner.start()).rejects.toMatchObject({
    code: 'HOST_DISK',
    message: expect.stringMatching(/ENOSPC[^]*df -h/) as string,
  })
  // The others are small enough, or on another disk.
  expect(await readFile(join(inner.results, 'junit.xml'), 'utf8')).toContain('name="passes"')
})

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers(): { promise: Promise<undefined>; resolve: (value: undefined) => void } {
  let resolve: (value: undefined) => void = () => undefined
  const promise = new Promise<undefined>((settle) => (resolve = settle))
  return { promise, resolve }
}
