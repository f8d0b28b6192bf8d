import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { projectFolder } from '../paths.js'
import { InnerRun } from '../report/testing/inner-run.js'
import { readTimeline, timelineName } from '../timeline/index.js'

ownHost()

const head = [
  `import { scenario, port, waitFor } from '${projectFolder}/harness/index.js'`,
  `import { busybox, defineContract, defineTopology } from '${projectFolder}/harness/index.js'`,
  "const passwords = { admin: 'admin', service: 'service', set: 'true' }",
  'const roles = { controller: { services: [], edits: [], restart: [] } }',
  'const topology = defineTopology({',
  "  name: 'canary', passwords: { admin: 's3cret+canary/1' },",
  "  contract: defineContract({ name: 'pocket', operatingSystem: busybox, release: { roles, passwords } }),",
  "  nodes: { one: { image: 'pocket', role: 'controller', address: '192.168.7.2' } },",
  '})',
  'const test = scenario(topology)',
]

test('a scenario leaves its commands, waits, cables, powers and what it failed of, and no password', async () => {
  await using inner = await InnerRun.of({
    'shop.test.ts': [
      ...head,
      "test('it fails', { timeout: 120_000 }, async ({ one, step }) => {",
      "  await step('say', () => one.run`echo said; echo wrong >&2`)",
      '  await one.execute("echo s3cret+canary/1; exit 3")',
      "  await one.writeFile('/tmp/secret', 's3cret+canary/1')",
      "  await waitFor({ what: 'the third look', probe: (() => { let n = 0; return () => Promise.resolve(",
      '    n++ < 2 ? { done: false, seen: `look ${n}` } : { done: true, value: n }) })() }, { interval: 0 })',
      '  await one.unplug()',
      '  await one.plugIn()',
      "  await one.waitForPort(4000, { timeout: '1500ms' })",
      '})',
    ],
  })
  const { outcomes } = await inner.start()
  expect(outcomes[0]?.failures).toMatchObject([{ code: 'WAIT_TIMEOUT' }])
  const path = join(inner.results, 'shop-unit', 'it-fails', timelineName)
  const { entries, unfinished, damaged } = await readTimeline(path)
  expect([unfinished, damaged]).toEqual([[], 0])
  expect(entries[0]).toMatchObject({ kind: 'test', data: { name: 'it fails', topology: 'canary' } })
  const of = (kind: string): unknown[] => entries.filter((entry) => entry.kind === kind)
  expect(of('command')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        lane: 'node:one',
        data: {
          node: 'one',
          command: 'echo said; echo wrong >&2',
          status: 0,
          stdout: 'said\n',
          stderr: 'wrong\n',
        },
      }),
      expect.objectContaining({ data: expect.objectContaining({ status: 3, stdout: '***\n' }) as unknown }),
      expect.objectContaining({ text: 'cat >/tmp/secret' }),
    ]),
  )
  expect(of('wait')).toMatchObject([
    {
      lane: 'scenario',
      end: expect.any(Number) as number,
      data: {
        wanted: 'the third look',
        observations: [{ text: 'look 1' }, { text: 'look 2' }],
        status: 'passed',
      },
    },
    { data: { wanted: 'port 4000 of one', status: 'failed' } },
  ])
  expect(of('step')).toMatchObject([{ text: 'say', data: { n: 1, path: ['say'], status: 'passed' } }])
  expect(of('cable')).toMatchObject([{ data: { to: 'out' } }, { data: { to: 'in' } }])
  expect(of('error')).toMatchObject([{ data: { code: 'WAIT_TIMEOUT', class: 'service' } }])
  expect(of('test').at(-1)).toMatchObject({ data: { status: 'failed' } })
  const text = await readFile(path, 'utf8')
  expect(text).not.toMatch(/canary\/1|s3cret/)
  expect(text).not.toContain(Buffer.from('s3cret+canary/1').toString('base64'))
})
