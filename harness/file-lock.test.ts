import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { ensureModules } from './build.mjs'
import { lockFile, tryLock } from './file-lock.js'
import { runs } from './testing/runs.js'

const built = join(await ensureModules(), 'harness', 'file-lock.js')

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-lock-'))
  path = join(folder, 'below', 'x.lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Another process that holds the lock. */
async function holder(then = 'setInterval(() => {}, 1000)') {
  const script = `const { lockFile } = await import(${JSON.stringify(built)})
    globalThis.lock = await lockFile(${JSON.stringify(path)}); ${then}; console.log('locked')`
  const words = ['--input-type=module', '--eval', script]
  const child = spawn(process.execPath, words, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

test('one holds it; released, it is free, and its file stays', async () => {
  const lock = await lockFile(path)
  expect(await tryLock(path)).toBeUndefined()
  await lock.release()
  expect(lock.held).toBe(false)
  expect(existsSync(path)).toBe(true)
  await using again = await tryLock(path)
  expect(again?.held).toBe(true)
})

test('a suspended process keeps it, a killed one does not', { timeout: 60_000 }, async () => {
  const child = await holder()
  child.kill('SIGSTOP')
  expect(await tryLock(path)).toBeUndefined()
  let waited = 0
  const onWait = (): void => {
    waited += 1
    child.kill('SIGKILL')
  }
  await using lock = await lockFile(path, { onWait })
  expect(lock.held).toBe(true)
  expect(waited).toBe(1)
})

test('nothing of a lock lives on its own: neither a Ctrl-C of the terminal nor the end of the process meets it', async () => {
  const child = await holder("process.on('SIGINT', () => {}); setTimeout(() => {}, 1000)")
  // As a terminal does: the whole group, and all that was started in it.
  process.kill(-(child.pid ?? 0), 'SIGINT')
  expect(await tryLock(path)).toBeUndefined()
  // It held the lock to its end, which the lock did not put off.
  expect(await once(child, 'exit')).toEqual([0, null])
  await using lock = await tryLock(path)
  expect(lock?.held).toBe(true)
})

/** Whatever else this machine does. */
const patient = { timeout: 30_000 }

test('who is killed while it waits leaves nobody that waits', async () => {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until the end
  await using _held = await lockFile(path)
  const script = `const { lockFile } = await import(${JSON.stringify(built)})
    await lockFile(${JSON.stringify(path)}, { onWait: () => console.log('waits') })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script])
  await once(child.stdout, 'data')
  await vi.waitFor(() => expect(childrenOf(child.pid)).toHaveLength(1), patient)
  const [waiting = ''] = childrenOf(child.pid)
  child.kill('SIGKILL')
  await vi.waitFor(() => expect(runs(waiting)).toBe(false), patient)
})

/** Numbers of a process's children (proc(5)). */
const childrenOf = (pid = 0): string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)

test('a folder can be locked, and gets no file for it', async () => {
  await using lock = await lockFile(folder)
  expect(lock.held).toBe(true)
  expect(await tryLock(folder)).toBeUndefined()
  expect(readdirSync(folder)).toEqual([])
})

test('without flock it says what to install', async () => {
  vi.stubEnv('PATH', folder)
  onTestFinished(() => void vi.unstubAllEnvs())
  const refusal = { code: 'HOST_PROGRAM_MISSING', message: expect.stringContaining('util-linux') as string }
  await expect(lockFile(path)).rejects.toMatchObject(refusal)
  // setpriv alone.
  symlinkSync('/usr/bin/setpriv', join(folder, 'setpriv'))
  await expect(lockFile(path)).rejects.toMatchObject(refusal)
})

test('waiting ends with its signal', async () => {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until the end
  await using _held = await lockFile(path)
  const giveUp = new AbortController()
  const waiting = lockFile(path, {
    signal: giveUp.signal,
    onWait: () => setTimeout(() => giveUp.abort(), 50),
  })
  await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
})

test('a folder that is removed meanwhile is no exception, and is told', async () => {
  await using lock = await lockFile(path)
  rmSync(join(folder, 'below'), { recursive: true })
  expect(lock.held).toBe(false)
  await using other = await lockFile(path)
  expect(other.held).toBe(true)
})

test.each(['file/x.lock', '/proc/nope/x.lock'])('%s cannot be locked, and says why', async (place) => {
  writeFileSync(join(folder, 'file'), '')
  const impossible = place.startsWith('/') ? place : join(folder, place)
  const message = expect.stringMatching(/next: .*STACKRIG_CACHE/) as string
  await expect(lockFile(impossible)).rejects.toMatchObject({ code: 'HOST_DISK', message })
})
