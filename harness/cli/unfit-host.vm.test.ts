import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt } from '../build.mjs'
import { ownHost } from '../testing/own-host.js'
import { stackrigWithin } from './testing/stackrig.js'

const { folder } = ownHost()
// A user who may not write here finds a build.
beforeAll(ensureBuilt)

const environment = (given: Record<string, string>): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  TMPDIR: folder,
  STACKRIG_ACCELERATOR: 'tcg',
  ...given,
})

/** An error with a code and a way out, and the exit status that docs/commands.md says. */
function expectTold(ended: { exitCode?: number; stderr: string }, code: string, exitCode: number): void {
  expect(ended.stderr).toMatch(new RegExp(`^(.*\\n)*${code} .*\\n(.*\\n)*  next: `))
  expect(ended.stderr).not.toMatch(/^\s+at |INTERNAL/m)
  expect(ended.exitCode, ended.stderr).toBe(exitCode)
}

describe('a cache', () => {
  test.each(['images', 'golden', 'images build pocket', 'up pocket'])(
    'that is a file: stackrig %s',
    async (line) => {
      const cache = join(folder, 'file')
      writeFileSync(cache, '')
      const ended = await stackrigWithin(['env'], line.split(' '), environment({ STACKRIG_CACHE: cache }))
      expectTold(ended, 'HOST_(DISK|FOLDER)', 3)
    },
  )

  test.each(['images', 'images build pocket', 'up pocket'])('in /proc: stackrig %s', async (line) => {
    // A loop that never ends cannot be told to end.
    const within = ['timeout', '--signal=KILL', '200']
    const ended = await stackrigWithin(within, line.split(' '), environment({ STACKRIG_CACHE: '/proc/nope' }))
    expectTold(ended, 'HOST_DISK', 3)
  })

  test.each(['images', 'golden make pocket'])('that is read-only: stackrig %s', async (line) => {
    const cache = join(folder, 'read-only')
    mkdirSync(cache, { recursive: true })
    const mount = `mount -t tmpfs -o ro none ${cache} && exec "$0" "$@"`
    const within = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount]
    const ended = await stackrigWithin(within, line.split(' '), environment({ STACKRIG_CACHE: cache }))
    expectTold(ended, 'HOST_DISK', 3)
  })

  test('that cannot be made is told by doctor, too', async () => {
    const within = ['timeout', '--signal=KILL', '200']
    const { stdout, stderr, exitCode } = await stackrigWithin(
      within,
      ['doctor', '--json'],
      environment({ STACKRIG_CACHE: '/proc/nope' }),
    )
    expect(exitCode, stderr).toBe(1)
    const disk = { what: 'disk', ok: false, seen: expect.stringContaining('ENOENT') as string }
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining(disk))
  })
})

describe('standard output that takes nothing', () => {
  const full = ['sh', '-c', 'exec "$0" "$@" >/dev/full']

  test.each(['ps', 'images', 'doctor', '--help'])('stackrig %s', async (word) => {
    expectTold(await stackrigWithin(full, [word]), 'HOST_DISK', 3)
  })

  test('is no fault where nobody reads it any more', async () => {
    const { exitCode, stderr } = await stackrigWithin(['sh', '-c', '"$0" "$@" | true'], ['images'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })
})

test.each([
  ['ps', 0],
  ['down', 2],
])('standard error that takes nothing changes no exit status: stackrig %s', async (word, status) => {
  const { exitCode } = await stackrigWithin(['sh', '-c', 'exec "$0" "$@" 2>/dev/full'], [word])
  expect(exitCode).toBe(status)
})

const withDescriptors = (limit: number): ReturnType<typeof stackrigWithin> =>
  stackrigWithin(['sh', '-c', `ulimit -n ${limit} && exec "$0" "$@"`], ['ps'])

test('20 file descriptors are too few', async () => {
  expectTold(await withDescriptors(20), 'HOST_LIMIT', 3)
})

test.each([24, 32, 40, 48, 64])('%i file descriptors are enough, or that is told', async (limit) => {
  const told = await withDescriptors(limit)
  if (told.exitCode !== 0) expectTold(told, 'HOST_LIMIT', 3)
})

test('a variable that makes no sense is wrong use', async () => {
  const { exitCode, stderr } = await stackrigWithin(
    ['env'],
    ['ps'],
    environment({ STACKRIG_ACCELERATOR: 'xen' }),
  )
  expect(stderr).toMatch(/^USAGE STACKRIG_ACCELERATOR must be kvm or tcg/)
  expect(exitCode).toBe(2)
})

describe.runIf(process.getuid?.() === 0)('a user without HOME whom /etc/passwd does not know', () => {
  const stranger = ['setpriv', '--reuid=4242', '--clear-groups']

  test.each(['images', 'golden', 'up pocket'])('is told: stackrig %s', async (line) => {
    expectTold(await stackrigWithin(stranger, line.split(' '), {}), 'USAGE', 2)
  })

  test('can do what needs no cache', async () => {
    expect(await stackrigWithin(stranger, ['ps'], {})).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('nothing is running') as string,
    })
  })
})
