import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { InnerRun, onPocket } from '../report/testing/inner-run.js'
import { ownHost } from '../testing/own-host.js'
import { stackrigIn } from './testing/stackrig.js'

const { folder } = ownHost({ cache: 'own' })

const write = (word: string): string =>
  `await step('write ${word}', () => one.run\`sh -c \${'echo ${word} >/root/word'}\`)`

/** A project with a run that is over: nothing of it is in memory. */
let past: InnerRun

beforeAll(async () => {
  past = await InnerRun.of(
    {
      'package.json': ['{}'],
      'shop.test.ts': [
        ...onPocket,
        "test('it sells', { timeout: 240_000 }, async ({ one, step }) => {",
        ...['first', 'second', 'third', 'fourth'].map(write),
        "  await step('pay', async () => {",
        "    await step('take out the purse', () => one.run`sh -c ${'echo purse >/root/word'}`)",
        '    await one.run`false`',
        '  })',
        '})',
        "test('it is well', { timeout: 240_000 }, async ({ one, step }) => {",
        write('well'),
        '})',
        "test('the lights go out', { timeout: 240_000 }, async ({ cluster, one, step }) => {",
        "  await step('one more', () => cluster.addNode('three', { image: 'pocket', role: 'pocket', address: '192.168.7.8' }))",
        "  await step('a cut', () => cluster.node('two').powerOff())",
        "  await step('it fails', () => one.run`false`)",
        '})',
      ],
    },
    join('results', 'last-night'),
  )
  const run = await past.start()
  expect(run.outcomes.map(({ canRewind }) => canRewind)).toEqual([true, undefined, true])
}, 900_000)

afterAll(() => past[Symbol.asyncDispose]())

const stackrig = (...args: string[]) => stackrigIn({ cwd: past.folder }, ...args)

test('a failed scenario of a past run is entered at two of its steps, after its fork, and where it failed', async () => {
  for (const [words, word] of [
    [['--step', '2'], 'second'],
    [['--step', '4'], 'fourth'],
    [[], 'purse'],
    [['--step', '0'], ''],
  ] as const) {
    const { stdout, stderr, exitCode } = await stackrig('rewind', 'last-night', 'sell', ...words)
    expect(exitCode, stderr).toBe(0)
    expect(stdout).toMatch(/^it sells, .*\nshop is up after/)
    const shell = await stackrig('shell', 'one', 'cat /root/word 2>/dev/null; hostname')
    expect(shell.stdout).toBe([word, 'one'].filter(Boolean).join('\n'))
    expect((await stackrig('down')).stdout).toBe('shop is down')
  }
})

test('without a name it lists what can be entered; the moments of what passed are not there', async () => {
  const { stdout } = await stackrig('rewind')
  expect(stdout.split('\n')).toEqual([
    'last-night  shop: it sells (failed)',
    expect.stringMatching(/^ {2}after step 1 "write first" {2}\(gone: only the last 3 steps/),
    ...['second', 'third', 'fourth'].map((word, n) => `  after step ${n + 2} "write ${word}"`),
    '  where step 5 "pay" failed',
    'last-night  shop: the lights go out (failed)',
    '  after step 1 "one more"',
    '  after step 2 "a cut"',
    '  where step 3 "it fails" failed',
  ])
  const evidence = join(past.results, 'shop-unit')
  expect(await readdir(join(evidence, 'it-sells', 'moments'))).toHaveLength(5)
  expect(await readdir(join(evidence, 'it-is-well'))).not.toContain('moments')
})

test('a node that was off is off, and one that joined is there, by their names', async () => {
  const { stdout, stderr } = await stackrig('rewind', 'last-night', 'lights')
  expect(stdout, stderr).toMatch(
    / one +192\.168\.7\.2\n +two +192\.168\.7\.4 +off\n +three +192\.168\.7\.8\n/,
  )
  expect((await stackrig('shell', 'three', 'hostname -i || ip addr')).stdout).toContain('192.168.7.8')
  expect((await stackrig('shell', 'two', 'true')).stderr).toMatch(/SHELL_LOST[\s\S]*it is off/)
  await stackrig('down')
  const file = join(folder, 'lights.capsule')
  expect(
    (await stackrig('capsule', 'last-night', 'lights', '--with-golden', '--output', file)).exitCode,
  ).toBe(0)
  const other = { cwd: past.folder, cache: join(folder, 'lights-cache') }
  const replayed = await stackrigIn(other, 'replay', file)
  expect(replayed.stdout, replayed.stderr).toMatch(/ two .* off\n +three/)
  expect((await stackrigIn(other, 'shell', 'three', 'ip addr')).stdout).toContain('192.168.7.8')
  await stackrigIn(other, 'down')
})

test('what cannot be entered is refused before anything starts', async () => {
  for (const [words, status, said] of [
    [['tonight', 'sell'], 2, /there must be a run "tonight"[\s\S]*last-night/],
    [['last-night', 'buy'], 2, /one scenario "buy"[\s\S]*it sells/],
    [['last-night', 'sell', '--step', '9'], 2, /there must be a step 9[\s\S]*step 5: pay/],
    [['last-night', 'sell', '--step', '-1'], 2, /number of a step/],
    [['last-night', 'sell', '--step', '1'], 3, /only the last 3 steps/],
  ] as const) {
    const { stderr, exitCode } = await stackrig('rewind', ...words)
    expect(stderr).toMatch(said)
    expect(exitCode, stderr).toBe(status)
  }
})

test('a capsule is entered from another clone, and with its golden snapshot also from another cache', async () => {
  const cwd = join(folder, 'clone')
  await mkdir(cwd)
  await writeFile(join(cwd, 'package.json'), '{}')
  const cache = join(folder, 'other-cache')
  const enter = async (where: { cwd: string; cache?: string }, ...words: string[]): Promise<string> => {
    const { stderr, exitCode } = await stackrigIn(where, 'replay', ...words)
    expect(exitCode, stderr).toBe(0)
    const { stdout } = await stackrigIn(where, 'shell', 'one', 'cat /root/word')
    await stackrigIn(where, 'down')
    return stdout
  }
  const small = join(folder, 'small.capsule')
  const { stderr } = await stackrig('capsule', 'last-night', 'sell', '--output', small)
  expect(stderr).toMatch(/every password and key[\s\S]*--with-golden packs it, too: \d+ MiB/)
  expect(await enter({ cwd }, small)).toBe('purse')
  const refused = await stackrigIn({ cwd, cache }, 'replay', small)
  expect(refused.exitCode).toBe(3)
  expect(refused.stderr).toMatch(/very golden snapshot[\s\S]*--with-golden/)

  const whole = join(folder, 'whole.capsule')
  expect((await stackrig('capsule', 'last-night', 'sell', '--with-golden', '--output', whole)).exitCode).toBe(
    0,
  )
  const other = { cwd, cache: join(folder, 'third-cache') }
  expect(await enter(other, whole, '--step', '2')).toBe('second')
  expect(await enter(other, whole)).toBe('purse')
})
