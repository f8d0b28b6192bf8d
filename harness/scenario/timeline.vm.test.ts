import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { projectFolder } from '../paths.js'
import { InnerRun } from '../report/testing/inner-run.js'
import { frameEnds, PcapReader, readTimeline, timelineName } from '../timeline/index.js'

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
      "test('it passes', async ({ one }) => { await one.run`true` })",
    ],
  })
  const { outcomes } = await inner.start()
  expect(outcomes.map(({ state }) => state)).toEqual(['failed', 'passed'])
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
  const trace = await readFile(path.replace(/l$/, ''), 'utf8')
  expect(JSON.parse(trace)).toMatchObject({ traceEvents: expect.any(Array) as unknown[] })
  // What was looked for at its port stands there, and in a file for those who read packets.
  const asked = { to: '192.168.7.2', protocol: 'tcp', port: 4000 }
  expect(of('packets')).toContainEqual(
    expect.objectContaining({
      lane: 'network',
      data: expect.objectContaining({
        pairs: expect.arrayContaining([expect.objectContaining(asked)]) as unknown,
      }) as unknown,
    }),
  )
  const packets = new PcapReader().add(await readFile(join(path, '..', 'one.pcap')))
  expect(packets.map(({ bytes }) => frameEnds(bytes))).toContainEqual(expect.objectContaining(asked))
  const [begin = 0, end = 0] = [entries[0]?.t, entries.at(-1)?.t]
  const beside = ({ t }: { t: number }): boolean => t < begin - 1000 || t > end + 1000
  expect(packets.filter(beside)).toEqual([])
  // Of one that passed there is neither.
  const left = await readdir(join(inner.results, 'shop-unit', 'it-passes'))
  expect(left.filter((name) => !name.endsWith('.log'))).toEqual([])
  const text = `${trace}${await readFile(path, 'utf8')}`
  expect(text).not.toMatch(/canary\/1|s3cret/)
  expect(text).not.toContain(Buffer.from('s3cret+canary/1').toString('base64'))
})

/** Lines of an inner test that wait until the scenario's own timeline has an entry. */
const told = (what: string, pattern: string): string[] => [
  `  await waitFor({ what: '${what}', probe: async () => {`,
  "    const text = await readFile(join(evidence, 'timeline.jsonl'), 'utf8')",
  `    return ${pattern}.test(text) ? { done: true, value: 1 } : { done: false, seen: 'not yet' }`,
  "  } }, { timeout: '60s' })",
]

test('consoles, logs and events are told while they come, and a command gets the channel that follows a log', async () => {
  await using inner = await InnerRun.of({
    'shop.test.ts': [
      "import { readFile } from 'node:fs/promises'",
      "import { join } from 'node:path'",
      ...head,
      "test('it passes', { timeout: 240_000 }, async ({ one, evidence }) => {",
      "  await one.run`sh -c ${'echo on-the-console >/dev/console'}`",
      ...told('the console', '/"kind":"console","text":"on-the-console"/'),
      // The follower has begun when it notes a process.
      '  await one.waitUntil`test -s /dev/stackrig/follower`',
      '  const say = (text) => one.run`sh -c ${`mkdir -p /var/log; while :; do echo ${text} >>/var/log/messages; sleep 0.2; done >/dev/null 2>&1 & echo $! >/tmp/saying`}`',
      "  await say('first-line')",
      ...told('a line of a log', '/"kind":"log","text":"first-line"/'),
      // Three at a time: they need all channels, and each other.
      '  const meet = (n) => one.run`sh -c ${`touch /tmp/${n}; until test -e /tmp/1 -a -e /tmp/2 -a -e /tmp/3; do sleep 0.1; done`}`',
      '  await Promise.all([meet(1), meet(2), meet(3)])',
      '  await one.run`sh -c ${"kill $(cat /tmp/saying)"}`',
      "  await say('second-line')",
      ...told('it is followed again', '/"kind":"log","text":"second-line"/'),
      '})',
    ],
  })
  const { outcomes } = await inner.start({ options: { keep: true } })
  expect(outcomes.map(({ failures }) => failures)).toEqual([[]])
  const { entries } = await readTimeline(join(inner.results, 'shop-unit', 'it-passes', timelineName))
  expect(entries).toContainEqual(
    expect.objectContaining({
      lane: 'node:one',
      data: { node: 'one', file: '/var/log/messages' },
      text: 'first-line',
    }),
  )
  expect(entries).toContainEqual(expect.objectContaining({ kind: 'qmp', text: 'RESUME' }))
  expect(entries.at(-1)).toMatchObject({ kind: 'test', data: { status: 'passed' } })
})
