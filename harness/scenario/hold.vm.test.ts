import { expect, test, vi } from 'vitest'
import { stackrig, Terminal } from '../cli/testing/stackrig.js'
import { exitStatus, heldList } from '../report/index.js'
import { InnerRun, onPocket } from '../report/testing/inner-run.js'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'

// A run of vitest, and commands after it.
vi.setConfig({ testTimeout: 900_000 })
ownHost()

const timeout = '{ timeout: 240_000 }'

/** Both tests have these steps, and only one comes to its end. */
const shop = (ending: string): string[] => [
  ...["await step('write', () => one.run`sh -c ${'echo sold >/root/word'}`)"],
  ...["await step('pay', () => one.run`sh -c ${'echo paid >>/root/word'}`)", ending],
]

const two = (): Promise<InnerRun> =>
  InnerRun.of({
    'shop.test.ts': [
      ...onPocket,
      `test('it sells', ${timeout}, async ({ one, step }) => {`,
      ...shop('await one.run`false`'),
      '})',
      `test('it is well', ${timeout}, async ({ one, step }) => {`,
      ...shop("await step('leave', () => one.run`sh -c ${'echo left >>/root/word'}`)"),
      '})',
    ],
  })

test('the cluster of a scenario that failed goes on, and is entered and ended by commands', async () => {
  await using inner = await two()
  const run = await inner.start({ options: { hold: true } })
  expect(run.outcomes).toMatchObject([
    { state: 'failed', canRewind: true, held: { name: 'shop', node: 'one' } },
    { state: 'passed' },
  ])
  expect(run.outcomes[1]).not.toHaveProperty('held')
  expect(exitStatus(run)).toBe(1)
  expect(heldList(run, { colour: false })).toEqual([
    'shop is held: it sells',
    '    npx stackrig shell --cluster shop one',
    '    npx stackrig down shop',
  ])

  expect(JSON.parse((await stackrig('ps', '--json')).stdout)).toMatchObject([
    { name: 'shop', topology: 'pocket', nodes: [{ name: 'one' }, { name: 'two' }] },
  ])
  const shell = await stackrig('shell', '--cluster', 'shop', 'one', 'cat /root/word; ping -c 1 two >&2')
  expect(shell).toMatchObject({ stdout: 'sold\npaid', exitCode: 0 })
  const terminal = new Terminal('console', 'two')
  await terminal.shows(/two login: $/)
  terminal.type('\x1d')
  expect(await terminal.ended).toBe(0)
  expect((await stackrig('down')).stdout).toBe('shop is down')
  await expectNothingLeft()
})

test('scenarios stop after a step, by its name or number, and are held one beside the other', async () => {
  await using inner = await two()
  for (const until of ['PAY', '2']) {
    const run = await inner.start({ options: { until } })
    expect(run.outcomes).toMatchObject([
      { state: 'skipped', note: 'stopped after step 2 "pay"', held: { name: 'shop' } },
      { state: 'skipped', note: 'stopped after step 2 "pay"', held: { name: 'shop-2' } },
    ])
    expect(exitStatus(run)).toBe(0)
    for (const name of ['shop', 'shop-2'])
      expect((await stackrig('shell', '--cluster', name, 'one', 'cat /root/word')).stdout).toBe('sold\npaid')
    expect((await stackrig('down', '--all')).stdout).toBe('shop is down\nshop-2 is down')
    await expectNothingLeft()
  }
})

test('one that fails before that step is held, too; one that has no such step says which it has', async () => {
  await using inner = await two()
  const run = await inner.start({ options: { until: 'leave' } })
  expect(run.outcomes).toMatchObject([
    { state: 'failed', failures: [{ code: 'COMMAND_FAILED' }], held: { name: 'shop' } },
    { state: 'skipped', held: { name: 'shop-2' } },
  ])
  await stackrig('down', '--all')
  const { outcomes } = await inner.start({ options: { until: 'sing' } })
  expect(outcomes[1]).toMatchObject({ state: 'failed', failures: [{ code: 'USAGE' }] })
  expect(outcomes[1]?.failures[0]?.message).toMatch(
    /a step "sing"[\s\S]*step 1: write\s+step 2: pay\s+step 3: leave/,
  )
  await stackrig('down', '--all')
})
