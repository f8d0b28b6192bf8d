import { spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runRoot } from '../sandbox/index.js'
import { ownHost } from '../testing/own-host.js'
import { stackrig } from './testing/stackrig.js'

const { folder: host } = ownHost()

/** What must stay as it is, whatever a note says: a folder and a process of somebody else. */
const foreign = join(host, 'foreign')
let other: ChildProcess
let agent: Server

/** proc(5), field 22 of stat: what a true note of a process has. */
function identityOf(pid: number): object {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const started = text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  return { pid, started, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() }
}

beforeAll(async () => {
  mkdirSync(foreign, { mode: 0o700 })
  writeFileSync(join(foreign, 'precious'), '')
  other = spawn('sleep', ['3600'])
  const forged = join(runRoot(), '0badf00d')
  mkdirSync(forged, { recursive: true, mode: 0o700 })
  chmodSync(runRoot(), 0o700)
  agent = createServer((socket) => socket.destroy()).listen(join(forged, 'agent.sock'))
  await new Promise((resolve) => agent.once('listening', resolve))
  writeFileSync(join(forged, 'sandbox.json'), JSON.stringify(identityOf(other.pid ?? 0)))
  const nodes = [{ name: 'one', address: '192.168.7.2', console: '/etc/passwd' }]
  const note = {
    name: 'pocket',
    topology: 'pocket',
    folder: foreign,
    pid: other.pid,
    started: '2026-01-01',
    nodes,
  }
  // The names that clusters have been noted under, and one that nobody reads.
  for (const name of ['up.json', 'cluster.json', 'other.json'])
    writeFileSync(join(forged, name), JSON.stringify(name === 'up.json' ? note : { version: 1, ...note }))
})

afterAll(() => {
  other.kill()
  agent.close()
  rmSync(runRoot(), { recursive: true, force: true })
})

const expectUntouched = (): void => {
  expect(existsSync(join(foreign, 'precious'))).toBe(true)
  expect(other.exitCode ?? other.signalCode).toBeNull()
}

describe('a note that names the folder and the process of somebody else is the note of nothing', () => {
  test('ps lists none', async () => {
    expect(await stackrig('ps', '--json')).toMatchObject({ stdout: '[]', exitCode: 0 })
  })

  test.each([['down', 'pocket'], ['down'], ['shell', 'one', 'true'], ['console', 'one']])(
    '%s knows none',
    async (...words) => {
      const { exitCode, stderr } = await stackrig(...words)
      expect(stderr).toContain('CLUSTER_UNKNOWN')
      expect(exitCode).toBe(2)
      expectUntouched()
    },
  )

  test('down --all ends none', async () => {
    expect((await stackrig('down', '--all')).exitCode).toBe(0)
    expectUntouched()
  })
})

describe.each<[string, () => void]>([
  ['that is open to others', () => chmodSync(runRoot(), 0o755)],
  [
    'that is a link',
    () => {
      renameSync(runRoot(), `${runRoot()}.real`)
      symlinkSync(`${runRoot()}.real`, runRoot())
    },
  ],
])('a folder of run folders %s', (_, make) => {
  beforeAll(() => {
    make()
    return () => {
      if (existsSync(`${runRoot()}.real`)) {
        rmSync(runRoot())
        renameSync(`${runRoot()}.real`, runRoot())
      }
      chmodSync(runRoot(), 0o700)
    }
  })

  test.each([['ps'], ['down'], ['shell', 'one', 'true'], ['up', 'pocket']])(
    'is refused by %s',
    async (...words) => {
      const { exitCode, stderr } = await stackrig(...words)
      expect(stderr).toMatch(/^HOST_FOLDER .*\n(.*\n)* {2}next: /)
      expect(exitCode).toBe(3)
      expectUntouched()
    },
  )
})
