import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { placeInSteps } from '../report/run.js'
import { InnerRun, onPocket } from '../report/testing/inner-run.js'
import { readTimeline, timelineName } from '../timeline/index.js'

ownHost()

test('a scenario that fails in a node is reported with code, class and evidence, in the folder of its run', async () => {
  await using inner = await InnerRun.of({
    'shop.test.ts': [
      ...onPocket,
      "test('a node does it', { timeout: 120_000 }, async ({ cluster }) => {",
      '  await cluster.nodes[0].run`echo done; exit 3`',
      '})',
      "test('nobody asks for a cluster', () => undefined)",
    ],
  })
  const run = await inner.start()
  const evidence = join(inner.results, 'shop-unit', 'a-node-does-it')
  expect(run.outcomes).toMatchObject([
    { state: 'failed', failures: [{ code: 'COMMAND_FAILED', class: 'product' }], evidence },
    { state: 'passed' },
  ])
  expect(run.outcomes[1]).not.toHaveProperty('evidence')
  expect(await readdir(evidence)).toEqual(
    expect.arrayContaining(['one.console.log', 'two.console.log', 'diagnosis.txt']),
  )
})

test('the model of a run has the steps of each scenario, and where in them it failed', async () => {
  await using inner = await InnerRun.of({
    'a.test.ts': [
      ...onPocket,
      "import { beforeAll } from 'vitest'",
      "test('inside', async ({ step }) => {",
      "  await step('one', () => undefined)",
      "  await step('two', () => step('deep', () => { throw new Error('no') }))",
      '})',
      "test('after', async ({ step }) => {",
      "  await step('one', () => undefined)",
      "  throw new Error('no')",
      '})',
      "test('late', { timeout: 100 }, async ({ step }) => {",
      "  await step('one', () => new Promise(() => undefined))",
      '})',
      "test('without', () => { throw new Error('no') })",
    ],
  })
  const { outcomes } = await inner.start()
  expect(outcomes.map(placeInSteps)).toEqual([
    'in step 2 "two" › "deep"',
    'after step 1 "one"',
    'in step 1 "one"',
    undefined,
  ])
  expect(outcomes[0]?.steps).toMatchObject([
    { n: 1, depth: 0, name: 'one', state: 'passed' },
    { n: 2, depth: 0, name: 'two', state: 'failed' },
    { n: 1, depth: 1, name: 'deep', state: 'failed' },
  ])
})

test('Ctrl-C while a node is off by a fault: nobody boots it again to ask it, and what it said is kept', async () => {
  await using inner = await InnerRun.of({
    'cut.test.ts': [
      ...onPocket,
      "test('given up', { timeout: 120_000 }, async ({ cluster }) => {",
      "  await cluster.faults.powerCut('one')",
      // As the terminal does it, to every process of the run.
      "  process.kill(process.pid, 'SIGINT')",
      '  await new Promise((resolve) => setTimeout(resolve, 100))',
      "  throw new Error('given up')",
      '})',
    ],
  })
  const { outcomes } = await inner.start()
  const evidence = outcomes[0]?.evidence ?? ''
  expect(await readdir(evidence)).toEqual(expect.arrayContaining(['one.console.log', 'two.console.log']))
  expect(await readdir(evidence)).not.toContain('diagnosis.txt')
  const told = (await readTimeline(join(evidence, timelineName))).entries.map(({ text }) => text)
  expect(told).toContain('a power cut')
  expect(told).not.toContain('it is switched on')
})
