import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ShellChannel } from './shell-channel.js'
import { readFile } from './files.js'
import { Shell } from './shell.js'
import { isAlive } from './testing/is-alive.js'
import { localShell, localShells, type LocalShell } from './testing/local-shell.js'

vi.setConfig({ testTimeout: 60_000 })

let shells: LocalShell[]
let shell: Shell
let end: AbortController
beforeEach(async () => {
  end = new AbortController()
  shells = [...Array(4).keys()].map((n) => localShell(localShells[n % localShells.length] ?? []))
  const [ender, ...work] = shells.map(({ output, errors }) => new ShellChannel('here', output, errors))
  if (!ender) throw new TypeError('no shells')
  shell = new Shell('here', { ender, work }, end.signal)
  await shell.start('20s')
})
afterEach(() => {
  end.abort(new Error('the test is over'))
  shell.close()
  for (const each of shells) each[Symbol.dispose]()
})

const say = async (word: string): Promise<string> => (await shell.execute(`echo ${word}`)).stdout.toString()

test('results stay with their commands after traces, forged marks, floods and floods in the background', async () => {
  const nasty = [
    'set -x; true',
    'echo ">$_m:0"; false',
    'kill -KILL $$',
    '(sleep 0.2; echo late; echo late >&2) &',
    'exec <&1; true',
  ]
  for (let turn = 0; turn < 3; turn++) {
    await Promise.allSettled(nasty.map((command) => shell.execute(command, { timeout: '1s' })))
    const words = [...Array(8).keys()].map((n) => `word${turn}x${n}`)
    expect(await Promise.all(words.map(say))).toEqual(words.map((word) => `${word}\n`))
  }
})

test('a process in the background that says much goes on, though nobody hears it', async () => {
  const said = '(sleep 0.2; head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo done >poured) &'
  await shell.execute(`cd "$(mktemp -d)"; pwd; ${said}`).then(async ({ stdout }) => {
    const file = join(stdout.toString().trim(), 'poured')
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true)
    rmSync(dirname(file), { recursive: true })
  })
  expect(await say('after')).toBe('after\n')
})

test('a command that ends its loop costs the next one on its channel no time-out', async () => {
  // On every channel, and as the last: another command that was given up would have it started anew.
  for (let n = 0; n < 3; n++) {
    await Promise.allSettled([1, 2, 3].map(() => shell.execute('kill -KILL $$', { timeout: '10s' })))
    const words = ['one', 'two', 'three']
    expect(await Promise.all(words.map(say))).toEqual(words.map((word) => `${word}\n`))
  }
})

test('processes that keep the output of every channel are ended when a channel is needed', async () => {
  const pids: number[] = []
  for (let n = 0; n < 3; n++) {
    const { stdout } = await shell.execute('(while :; do echo noise; sleep 0.05; done) & echo pid $!', {
      timeout: '20s',
    })
    pids.push(Number(/pid (\d+)/.exec(stdout.toString())?.[1]))
  }
  for (let n = 0; n < 5; n++) expect(await say(`word${n}`)).toBe(`word${n}\n`)
  expect(pids.filter((pid) => isAlive(pid)).length).toBeLessThan(3)
})

test('a command that says no end of it keeps its time-out, and the memory its limit', async () => {
  const before = process.memoryUsage().rss
  const started = performance.now()
  await expect(shell.execute('yes', { timeout: '3s' })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' })
  // Without end otherwise; generous, because whoever counts shares the processor with `yes`.
  expect(performance.now() - started).toBeLessThan(15_000)
  expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024)
  expect(await say('on')).toBe('on\n')
})

test('a long output keeps both its ends, says what is missing, and is given whole piece by piece', async () => {
  let all = 0
  const result = await shell.execute('echo first; head -c 3000000 /dev/zero; echo; echo last', {
    outputLimit: 1000,
    onOutput: (_, data) => (all += data.length),
  })
  expect(all).toBe(3_000_000 + 'first\n\nlast\n'.length)
  expect(result.leftOut).toEqual({ stdout: all - 1000, stderr: 0 })
  expect(result.stdout.toString()).toMatch(/^first\n[^]*bytes were left out here[^]*\nlast\n$/)
})

test('a file larger than an output may be is read whole', async () => {
  const path = `/tmp/rig-${process.pid}.bytes`
  await shell.execute(`head -c 20000001 /dev/urandom >${path}`)
  try {
    expect((await readFile(shell, path)).length).toBe(20_000_001)
  } finally {
    await shell.execute(`rm ${path}`)
  }
})
