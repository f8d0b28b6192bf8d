import { spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { execaSync } from 'execa'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ensureModules } from '../build.mjs'
import { forgetSettings } from '../settings.js'
import { processesBelow } from '../testing/leftovers.js'
import { ownHost } from '../testing/own-host.js'
import { failureOf } from '../testing/script.js'
import { makeOwnFolder } from './own-folder.js'
import { childrenOf, identify } from './process-identity.js'
import { runFolders, runRoot } from './run-folder.js'
import { Sandbox } from './sandbox.js'

const { folder: host } = ownHost()

const network = {
  cidr: '192.168.7.0/24',
  gateway: '192.168.7.1',
  hosts: [{ name: 'one', address: '192.168.7.2' }],
}

/** A run folder that somebody made, in which something answers as an agent would. */
async function madeFolder(id: string): Promise<string> {
  await makeOwnFolder(runRoot())
  const folder = join(runRoot(), id)
  mkdirSync(folder, { mode: 0o700 })
  const server = createServer((socket) => socket.destroy()).listen(join(folder, 'agent.sock'))
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

const gone = { code: 'CLUSTER_UNKNOWN' }

describe('a note that cannot be believed', () => {
  test.each<[string, (note: string) => void]>([
    ['nothing', (note) => writeFileSync(note, '')],
    ['another version', (note) => writeFileSync(note, '{"version":9,"process":1}')],
    ['no JSON', (note) => writeFileSync(note, '\0\xff'.repeat(100_000))],
    ['a number that is none', (note) => writeFileSync(note, '{"pid":-1,"started":"","boot":""}')],
    ['a link', (note) => symlinkSync('/proc/self/status', note)],
    ['a folder', (note) => mkdirSync(note)],
    ['a pipe', (note) => void execaSync('mkfifo', [note])],
  ])('%s', async (_, make) => {
    const folder = await madeFolder('0badf00d')
    make(join(folder, 'sandbox.json'))
    await expect(Sandbox.attach(folder)).rejects.toMatchObject(gone)
  })

  test('one that names a process of somebody else ends nothing', async () => {
    await using open = await Sandbox.open(network)
    const folder = await madeFolder('0badf00d')
    const other = spawn('sleep', ['600'])
    const ended = vi.fn()
    other.once('exit', ended)
    onTestFinished(() => void other.kill())
    for (const pid of [other.pid ?? 0, open.pid, process.pid]) {
      writeFileSync(join(folder, 'sandbox.json'), JSON.stringify(identify(pid)))
      await expect(Sandbox.attach(folder)).rejects.toMatchObject(gone)
    }
    expect(await open.isAlive()).toBe(true)
    expect(ended).not.toHaveBeenCalled()
  })

  test('one of a process that has ended, whose number another has by now', async () => {
    const folder = await madeFolder('0badf00d')
    writeFileSync(join(folder, 'sandbox.json'), JSON.stringify({ ...identify(process.pid), started: '1' }))
    await expect(Sandbox.attach(folder)).rejects.toMatchObject(gone)
  })
})

test('folders that are links, or of somebody else, are none of ours: nobody attaches to them, nobody removes them', async () => {
  await using open = await Sandbox.open(network)
  await open.keep()
  const foreign = join(host, 'foreign')
  mkdirSync(foreign, { mode: 0o700 })
  writeFileSync(join(foreign, 'precious'), '')
  const link = join(runRoot(), 'feedface')
  symlinkSync(foreign, link)
  const others = join(runRoot(), 'deadbeef')
  mkdirSync(others, { mode: 0o700 })
  symlinkSync(foreign, join(others, 'inside'))
  const dead = join(runRoot(), 'dead0000')
  mkdirSync(dead, { mode: 0o700 })
  symlinkSync(foreign, join(dead, 'inside'))
  const asRoot = process.getuid?.() === 0
  if (asRoot) chownSync(others, 1000, 1000)
  const longAgo = new Date(Date.now() - 3_600_000)
  for (const name of [others, dead, foreign, open.folder]) utimesSync(name, longAgo, longAgo)
  for (const folder of [link, ...(asRoot ? [others] : []), foreign])
    await expect(Sandbox.attach(folder)).rejects.toMatchObject(gone)
  // The next one removes what is dead, and only that.
  await using next = await Sandbox.open(network)
  expect(await runFolders()).toEqual(expect.arrayContaining([open.folder, next.folder]))
  expect(existsSync(dead)).toBe(false)
  expect(readdirSync(foreign)).toEqual(['precious'])
  if (asRoot) expect(existsSync(others)).toBe(true)
  expect(await open.isAlive()).toBe(true)
  rmSync(link)
  rmSync(others, { recursive: true, force: true })
})

describe('close() ends what does not end by itself', () => {
  const stopped = (pids: number[]): void => pids.forEach((pid) => process.kill(pid, 'SIGSTOP'))

  test.each<[string, (sandbox: Sandbox) => number[]]>([
    ['the agent', ({ pid }) => childrenOf(pid)],
    ['the outermost process', ({ pid }) => [pid]],
    ['both', ({ pid }) => [pid, ...childrenOf(pid)]],
  ])('%s is stopped', async (_, whom) => {
    const sandbox = await Sandbox.open(network)
    sandbox.start(['sleep', '600'], join(sandbox.folder, 'words'))
    await sandbox.dial('one', 9, { timeout: 1 }).catch(() => undefined)
    stopped(whom(sandbox))
    await sandbox.close()
    expect(existsSync(sandbox.folder)).toBe(false)
    await expect.poll(() => processesBelow(sandbox.folder), { timeout: 20_000 }).toEqual([])
  })
})

test.runIf(process.getuid?.() === 0)('what cannot be killed is named', async () => {
  const other = spawn('sleep', ['600'])
  onTestFinished(() => void other.kill())
  const ending = join(await ensureModules(), 'harness', 'sandbox', 'ending.js')
  const script = `const { endOf } = await import('${ending}')
    await fails(endOf(${JSON.stringify(identify(other.pid ?? 0))}, new Promise(() => undefined), 1))`
  const within = ['setpriv', '--reuid=4242', '--clear-groups']
  expect(await failureOf(script, { within, env: { HOME: '/' } })).toEqual({
    code: 'SANDBOX_STUCK',
    message: expect.stringMatching(/seen: {2}sleep \(process \d+, state S\)/) as string,
  })
})

test('everything in a run folder is for this user alone', async () => {
  await using sandbox = await Sandbox.open(network)
  const program = sandbox.start(
    ['sh', '-c', 'echo words; echo data > made; mkdir folder'],
    join(sandbox.folder, 'words'),
  )
  await program.ended
  await sandbox.keep()
  const open = readdirSync(sandbox.folder).filter(
    (name) => (lstatSync(join(sandbox.folder, name)).mode & 0o077) !== 0,
  )
  expect(readdirSync(sandbox.folder)).toEqual(expect.arrayContaining(['agent.sock', 'made', 'sandbox.json']))
  expect(open).toEqual([])
})

test('the path of TMPDIR is counted in bytes: a sandbox works there, or it is refused', async () => {
  const before = process.env['TMPDIR']
  onTestFinished(() => {
    process.env['TMPDIR'] = before
    forgetSettings()
  })
  const seen = []
  for (let length = 6; length < 24; length += 2) {
    process.env['TMPDIR'] = join(host, 'ü'.repeat(length))
    forgetSettings()
    const bytes = Buffer.byteLength(join(runRoot(), 'deadbeef'))
    try {
      await using sandbox = await Sandbox.open(network)
      expect(await sandbox.port('one', 9, { timeout: 1 })).toMatchObject({ open: false })
      seen.push({ fits: bytes <= 67, works: true })
    } catch (error) {
      expect(error).toMatchObject({ code: 'USAGE' })
      seen.push({ fits: bytes <= 67, works: false })
    }
  }
  expect(seen.filter(({ fits, works }) => fits !== works)).toEqual([])
  expect(new Set(seen.map(({ works }) => works)).size).toBe(2)
})
