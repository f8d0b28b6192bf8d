import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { passingFolder } from './passing-folder.js'
import { firstReport, startScript } from './script.js'

vi.setConfig({ testTimeout: 300_000 })

const inAnother = `
  const { passingFolder } = await import(harness + '/testing/passing-folder.js')
  const { writeFileSync } = await import('node:fs')
  const folder = passingFolder()
  writeFileSync(folder.path + '/file', 'x')
  report({ path: folder.path })`

const isGone = (path: string) => expect.poll(() => existsSync(path), { timeout: 60_000 }).toBe(false)

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
  'goes with a process that %s ends',
  async (signal) => {
    const script = startScript(`${inAnother}\nsetInterval(() => undefined, 1000)`)
    const { path } = await firstReport<{ path: string }>(script)
    expect(existsSync(join(path, 'file'))).toBe(true)
    script.kill(signal)
    await script
    await isGone(path)
  },
)

test('goes with a process that ends by itself, which it does not keep from ending', async () => {
  const script = startScript(inAnother)
  const { path } = await firstReport<{ path: string }>(script)
  expect(await script).toMatchObject({ exitCode: 0 })
  await isGone(path)
})

test('stays as long as something of a sandbox is below it', async () => {
  const script = startScript(`${inAnother}\nsetInterval(() => undefined, 1000)`)
  const { path } = await firstReport<{ path: string }>(script)
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  const run = join(path, 'place', 'stackrig-0', 'deadbeef')
  mkdirSync(run, { recursive: true })
  writeFileSync(join(run, 'agent.sock'), '')
  script.kill('SIGKILL')
  await script
  await delay(1000)
  expect(existsSync(join(run, 'agent.sock'))).toBe(true)
  rmSync(run, { recursive: true })
  await isGone(path)
})

test('is gone at once when it is disposed of', () => {
  const folder = passingFolder()
  writeFileSync(join(folder.path, 'file'), 'x')
  folder[Symbol.dispose]()
  expect(existsSync(folder.path)).toBe(false)
})
