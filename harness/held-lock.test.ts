import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { ensureModules } from './build.mjs'
import { held, HeldLock } from './held-lock.js'

vi.setConfig({ testTimeout: 60_000 })

const built = join(await ensureModules(), 'harness', 'held-lock.js')

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-held-'))
  path = join(folder, 'x.lock')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const never = new AbortController().signal

/** Another process that runs these lines with the lock's file as `path`. */
async function another(lines: string) {
  const script = `const { HeldLock } = await import(${JSON.stringify(built)}); const path = ${JSON.stringify(path)}
    const never = new AbortController().signal
    ${lines}; setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

const holds = "globalThis.lock = await HeldLock.tryTake(path); console.log('held')"

test('who holds it is told to whoever wants it, and no more when it was given back', async () => {
  const child = await another(holds)
  expect(await HeldLock.tryTake(path)).toBeUndefined()
  const told = HeldLock.take(path, 'the thing', { timeout: 50, signal: never })
  await expect(told).rejects.toMatchObject({
    code: 'NODE_HELD',
    message: expect.stringMatching(
      new RegExp(`the thing must be free[^]*process ${child.pid}: .*held-lock.js`),
    ) as string,
  })
  child.kill('SIGKILL')
  const lock = await HeldLock.take(path, 'the thing', { timeout: 20_000, signal: never })
  expect(lock.wasLeft).toBe(true)
  await lock.giveBack()
  expect((await HeldLock.tryTake(path))?.wasLeft).toBe(false)
})

test('one that was given back without order counts as left', async () => {
  await (await HeldLock.tryTake(path))?.giveBack(false)
  expect((await HeldLock.tryTake(path))?.wasLeft).toBe(true)
})

test('a process that does not have the file open is not believed to hold it', () => {
  for (const note of ['1', String(process.pid), '../1', 'x', '99999999999'])
    for (const text of [note, ` ${note}`]) {
      writeFileSync(path, text)
      expect(held('it', [path]).message).toContain('another process')
    }
})

test('a link in its place is followed by nobody', async () => {
  const other = join(folder, 'other')
  writeFileSync(other, 'mine')
  symlinkSync(other, path)
  await expect(HeldLock.tryTake(path)).rejects.toMatchObject({ code: 'HOST_DISK' })
  expect(readFileSync(other, 'utf8')).toBe('mine')
})

test('a killed process that waited leaves nothing that waits on', async () => {
  const lock = await HeldLock.tryTake(path)
  const child = await another(
    "void HeldLock.take(path, 'it', { timeout: 60_000, signal: never }).catch(() => undefined); console.log('waits')",
  )
  await expect.poll(() => waiting(), { timeout: 20_000 }).toHaveLength(1)
  child.kill('SIGKILL')
  await expect.poll(() => waiting(), { timeout: 20_000 }).toEqual([])
  await lock?.giveBack()
})

/** Programs that wait for the lock: flock(1) has its file as descriptor 3. */
function waiting(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const isFlock = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'flock'
      return isFlock && readlinkSync(`/proc/${pid}/fd/3`) === path
    } catch {
      return false
    }
  })
}
