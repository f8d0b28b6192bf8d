import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { projectFolder } from '../paths.js'
import { InnerRun, onPocket } from '../report/testing/inner-run.js'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'

// A run of vitest.
vi.setConfig({ testTimeout: 900_000 })
ownHost()

const timeout = '{ timeout: 240_000 }'

/** What the tests of a file can look at: the machines below the folder for running clusters. */
const lookAround = [
  `import { readdirSync } from 'node:fs'`,
  `import { join } from 'node:path'`,
  `import { machinesBelow } from '${projectFolder}/harness/testing/leftovers.js'`,
  `import { runRoot } from '${projectFolder}/harness/sandbox/index.js'`,
  `const machines = async (folder = runRoot()) => (await machinesBelow(folder)).map(({ pid }) => pid)`,
]

const passed = { state: 'passed' }

test('while a scenario runs, the fork of the next one of its file is loaded; each has its own nodes and its own logs', async () => {
  await using inner = await InnerRun.of({
    'row.test.ts': [
      ...onPocket,
      ...lookAround,
      `import { expect } from 'vitest'`,
      'let ahead',
      `test('first', ${timeout}, async ({ cluster, one }) => {`,
      '  const own = await machines(cluster.sandbox.folder)',
      '  await expect.poll(async () => (await machines()).length, { timeout: 120_000 }).toBe(4)',
      '  ahead = (await machines()).filter((pid) => !own.includes(pid))',
      '  await one.run`touch /root/mine`',
      '})',
      `test.skip('not now', ${timeout}, async ({ one }) => undefined)`,
      `test('second', ${timeout}, async ({ cluster, one, evidence }) => {`,
      '  expect(await machines(cluster.sandbox.folder)).toEqual(ahead)',
      "  expect((await one.execute('ls /root/mine')).exitCode).not.toBe(0)",
      '  expect(cluster.logFolder).toBe(evidence)',
      "  expect(readdirSync(evidence)).toEqual(expect.arrayContaining(['one.console.log', 'two.console.log']))",
      '  await expect.poll(async () => (await machines()).length, { timeout: 120_000 }).toBe(4)',
      '})',
      `test('third, without nodes', () => undefined)`,
    ],
  })
  const { outcomes } = await inner.start()
  expect(outcomes).toMatchObject([passed, { state: 'skipped' }, passed, passed])
  // What was loaded for one that asks for no nodes is gone, and its folder with it.
  expect(readdirSync(join(inner.results, 'row-unit')).toSorted()).toEqual(['first', 'second'])
  await expectNothingLeft()
})

test('scenarios that fail, and one that is the last of its file, leave nothing', async () => {
  await using inner = await InnerRun.of({
    'row.test.ts': [
      ...onPocket,
      `test('first', ${timeout}, async ({ one }) => { await one.run\`false\` })`,
      `test('second', ${timeout}, async ({ one }) => { await one.run\`false\` })`,
    ],
  })
  const { outcomes } = await inner.start()
  const failed = { state: 'failed', failures: [{ code: 'COMMAND_FAILED' }] }
  expect(outcomes).toMatchObject([failed, failed])
  await expectNothingLeft()
})

test('a run that is broken off while a fork stands ahead leaves nothing', async () => {
  await using inner = await InnerRun.of({
    'row.test.ts': [
      ...onPocket,
      ...lookAround,
      `import { writeFileSync } from 'node:fs'`,
      `test('first', ${timeout}, async ({ one, signal }) => {`,
      '  while ((await machines()).length < 4) await one.run`true`',
      `  writeFileSync(join(import.meta.dirname, 'loaded'), '')`,
      "  await one.run({ timeout: '4min', signal })`sleep 240`",
      '})',
      `test('second', ${timeout}, async ({ one }) => { await one.run\`true\` })`,
    ],
  })
  const began = performance.now()
  const stop = expect
    .poll(() => existsSync(join(inner.folder, 'loaded')), { timeout: 240_000, interval: 100 })
    .toBe(true)
  await inner.start({ stop })
  expect(performance.now() - began).toBeLessThan(240_000)
  await expectNothingLeft()
})
