import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { watchForCrash } from './crash-watch.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-watch-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** What the watch makes of this line on a console, within so many ms. */
async function after(line: string, timeout: number): Promise<unknown> {
  const log = join(folder, 'console.log')
  writeFileSync(log, 'Linux version 6.1\n')
  const died = new AbortController()
  const stop = new AbortController()
  const watching = watchForCrash('one', log, died, stop.signal)
  // It looks at what comes after it has opened the file.
  const write = setInterval(() => appendFileSync(log, `[   12.345678] ${line}\n`), 20)
  const enough = setTimeout(() => stop.abort(), timeout)
  await watching
  clearInterval(write)
  clearTimeout(enough)
  return died.signal.reason
}

// As kernels from 3.4 to 6.10 and their init programs say it.
test.each([
  'Kernel panic - not syncing: Fatal exception in interrupt',
  'Oops: 0002 [#1] SMP',
  'Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI',
  'general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP',
  'kernel BUG at mm/slub.c:305!',
  'invalid opcode: 0000 [#1] PREEMPT SMP',
  'Out of memory: Kill process 123 (java) score 900 or sacrifice child',
  'Out of memory: Killed process 123 (beam.smp) total-vm:1kB',
  'You are in emergency mode. After logging in, type "journalctl -xb"',
])('a crash: %s', async (line) => {
  expect(await after(line, 50_000)).toMatchObject({
    code: 'NODE_CRASHED',
    message: expect.stringContaining(line) as string,
  })
})

test.each([
  'Memory cgroup out of memory: Killed process 123 (stress)',
  'apache2[12]: AH00094: Command line: [#1]',
  'watchdog: BUG: soft lockup - CPU#0 stuck for 23s!',
])('no crash: %s', async (line) => {
  expect(await after(line, 600)).toBeUndefined()
})

test('a console without end loses its middle in the file, and a crash after it is still found', async () => {
  const log = join(folder, 'console.log')
  writeFileSync(log, 'Linux version 6.1\n')
  const died = new AbortController()
  const watching = watchForCrash('one', log, died, AbortSignal.timeout(60_000))
  const line = Buffer.alloc(4 * 1024 * 1024, 'noise without end\n')
  for (let n = 0; n < 24; n++) {
    appendFileSync(log, line)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // While the middle goes, the log is short for a moment, and what is written then is not its end.
  const shortened = (): boolean => readFileSync(log).includes('bytes of this console were left out here')
  await expect.poll(shortened, { timeout: 30_000 }).toBe(true)
  expect(statSync(log).size).toBeLessThan(64 * 1024 * 1024)
  appendFileSync(log, 'Kernel panic - not syncing: last words\n')
  await watching
  expect(died.signal.reason).toMatchObject({ code: 'NODE_CRASHED' })
  const text = readFileSync(log, 'latin1')
  expect(text).toMatch(/^Linux version 6.1/)
  expect(text).toMatch(/bytes of this console were left out here/)
  expect(text).toMatch(/last words\n$/)
})

test.each(['ALERT! ', ': 0000 [#1', '[#111111'])(
  'looking for a crash takes time that grows with the length: %s',
  async (unit) => {
    const log = join(folder, 'console.log')
    writeFileSync(log, '')
    const died = new AbortController()
    const watching = watchForCrash('one', log, died, AbortSignal.timeout(60_000))
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, 50))
    appendFileSync(log, unit.repeat((4 * 1024 * 1024) / unit.length) + '\nKernel panic - not syncing: x\n')
    await watching
    expect(died.signal.reason).toMatchObject({ code: 'NODE_CRASHED' })
    const { user, system } = process.cpuUsage(before)
    // A square of 64 KiB would be minutes.
    expect((user + system) / 1000).toBeLessThan(20_000)
  },
)
