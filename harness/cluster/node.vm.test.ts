import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { forkCluster } from '../snapshot/index.js'
import type { RunningNode } from './node.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'

ownHost()

let one: RunningNode
let two: RunningNode

beforeAll(async () => {
  const cluster = await forkCluster(await pairGolden())
  one = cluster.node('one')
  two = cluster.node('two')
  return () => cluster.close()
})

describe('a command', () => {
  test('has separate outputs and an exit status', async () => {
    const result = await one.execute('echo out; echo err >&2; exit 7')
    expect(result).toMatchObject({ exitCode: 7 })
    expect(result.stdout.toString()).toBe('out\n')
    expect(result.stderr.toString()).toBe('err\n')
  })

  test('that fails in `run` is an error with its words', async () => {
    await expect(one.run`ls /nowhere`).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringMatching(
        /one must succeed, but exited 1[\s\S]*ls \/nowhere[\s\S]*No such file/,
      ) as string,
    })
  })

  test('may replace its shell, send its output elsewhere, set a trap, or be killed', async () => {
    expect(await one.execute('exec sh -c "echo other; exit 3"')).toMatchObject({ exitCode: 3 })
    await one.run`exec >/tmp/own; echo written`
    expect(await one.run`cat /tmp/own`).toBe('written')
    const trapped = await one.execute("trap 'echo last' EXIT; exit 4")
    expect(trapped).toMatchObject({ exitCode: 4, stdout: Buffer.from('last\n') })
    expect(await one.execute("sh -c 'kill -KILL $PPID'; echo never")).toMatchObject({ exitCode: 137 })
    expect(await one.run`echo still here`).toBe('still here')
  })

  test('with a syntax error harms only itself', async () => {
    const result = await one.execute('if then (')
    expect(result.exitCode).not.toBe(0)
    expect(result.stderr.toString()).toContain('syntax error')
    expect(await one.run`echo on`).toBe('on')
  })

  test('may end its shell, and read its input to the end', async () => {
    expect((await one.execute('exit 3')).exitCode).toBe(3)
    expect((await one.execute('cat; echo done')).stdout.toString()).toBe('done\n')
    expect(await one.run`echo on`).toBe('on')
  })

  test('may begin with anything, and have no end of line or several', async () => {
    expect(await one.execute('#5')).toMatchObject({ exitCode: 0, stdout: Buffer.alloc(0) })
    expect(await one.execute('?no-such-command')).toMatchObject({ exitCode: 127 })
    expect(await one.run` echo "a b"`).toBe('a b')
    expect(await one.execute('# a comment\necho c\n\n')).toMatchObject({ stdout: Buffer.from('c\n') })
    expect(await one.execute('')).toMatchObject({ exitCode: 0 })
  })

  test('gives its bytes as they are', async () => {
    const { stdout } = await one.execute(String.raw`printf '\000\001\r\n\177\200\377'; printf 'no newline'`)
    expect(stdout).toEqual(Buffer.from('\0\x01\r\n\x7f\x80\xffno newline', 'latin1'))
  })

  test('gets values as one word each, whatever they hold', async () => {
    const nasty = `it's "$HOME" \`id\` \\ * \n; exit 9 # é`
    expect(await one.run`printf %s ${nasty}`).toBe(nasty)
    expect(await one.run`printf %s, ${['a b', "c'd", '']}`).toBe("a b,c'd,,")
  })

  test('streams its output while it runs', async () => {
    const seen: string[] = []
    await one.execute('echo first; echo second >&2; sleep 1; echo third', {
      onOutput: (stream, data) => seen.push(`${stream} ${data.toString().trim()}`),
    })
    expect(seen).toContain('stdout first')
    expect(seen).toContain('stderr second')
    expect(seen.at(-1)).toBe('stdout third')
  })
})

describe('several commands', () => {
  test('run at the same time', async () => {
    const turn = (mine: string, other: string): Promise<string> =>
      one.run`touch ${`/tmp/${mine}`}; while [ ! -e ${`/tmp/${other}`} ]; do sleep 0.1; done; echo ${mine}`
    await one.run`mkdir -p /tmp`
    expect(await Promise.all([turn('left', 'right'), turn('right', 'left')])).toEqual(['left', 'right'])
  })

  test('more than there are channels wait for their turn', async () => {
    const numbers = Array.from({ length: 12 }, (_, n) => String(n))
    expect(await Promise.all(numbers.map((n) => one.run`echo ${n}`))).toEqual(numbers)
  })
})

describe('a timeout', () => {
  const running = async (node: RunningNode): Promise<string> =>
    (await node.execute('pgrep -f "sleep 99[0-9]" | wc -l')).stdout.toString().trim()

  test('ends the command on the node, and says what it had said', async () => {
    await expect(one.execute('echo busy; sleep 991', { timeout: '1s' })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: expect.stringMatching(/command on one[\s\S]*sleep 991[\s\S]*busy/) as string,
    })
    await expect
      .poll(() => one.execute('pidof sleep').then(({ exitCode }) => exitCode), { timeout: 30_000 })
      .toBe(1)
    expect(await one.run`echo on`).toBe('on')
  })

  test('on every channel at once leaves them all usable', async () => {
    const late = Array.from({ length: 6 }, () => two.execute('sleep 992', { timeout: '1s' }))
    const ends = await Promise.allSettled(late)
    expect(ends.every(({ status }) => status === 'rejected')).toBe(true)
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((word) => two.run`echo ${word}`))).toEqual([
      'a',
      'b',
      'c',
      'd',
    ])
    await expect.poll(() => running(two), { timeout: 30_000 }).toBe('0')
  })

  test('of an abort signal is the same, with its reason', async () => {
    const abort = new AbortController()
    const command = one.execute('echo started; sleep 993', {
      signal: abort.signal,
      onOutput: () => abort.abort(new Error('no longer wanted')),
    })
    await expect(command).rejects.toThrow('no longer wanted')
    await expect
      .poll(() => one.execute('pidof sleep').then(({ exitCode }) => exitCode), { timeout: 30_000 })
      .toBe(1)
  })
})

test('commands that are given up before a fork has answered on their channels leave all of them usable', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const node = cluster.node('one')
  await node.machine.pause()
  const late = Array.from({ length: 3 }, () =>
    node.execute("cat >/dev/null <<'END'\nsecret\nEND", { timeout: '300ms' }),
  )
  for (const end of await Promise.allSettled(late)) {
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'WAIT_TIMEOUT' } })
    expect(String((end as PromiseRejectedResult).reason)).not.toContain('secret')
  }
  await node.machine.resume()
  // Each waits until all of them run.
  const together = late.map(
    (_, n) =>
      node.run`mkdir -p /tmp/all; touch /tmp/all/${n}; until [ $(ls /tmp/all | wc -l) = 3 ]; do sleep 0.1; done`,
  )
  await Promise.all(together)
})

test('a node whose cable is pulled is not reached, and is again with the cable back', async () => {
  await one.unplug()
  expect((await two.execute(`ping -c 1 -W 2 ${one.plan.address}`)).exitCode).not.toBe(0)
  await one.plugIn()
  await two.waitUntil({ timeout: '30s' })`sh -c ${`ping -c 1 -W 2 ${one.plan.address}`}`
})

test('a file of a megabyte goes there and back', async () => {
  const content = randomBytes(1_000_001)
  await one.writeFile('/root/it is big', content)
  expect((await one.readFile('/root/it is big')).equals(content)).toBe(true)
})

test('a file that cannot be written says why', async () => {
  await expect(one.writeFile('/nowhere/file', 'x')).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    message: expect.stringContaining('/nowhere/file') as string,
  })
})
