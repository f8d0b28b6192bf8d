import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { ensureModules } from '../build.mjs'
import { forgetSettings } from '../settings.js'
import { lockImages } from './lock.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-cache-'))
  onTestFinished(() => {
    vi.unstubAllEnvs()
    forgetSettings()
    rmSync(folder, { recursive: true })
  })
})

const refusal = (code: string, next: RegExp) => ({
  code,
  message: expect.stringMatching(new RegExp(`next: .*${next.source}`)) as string,
})

test.each([
  ['a file', (cache: string) => writeFileSync(cache, '')],
  ['a link to nothing', (cache: string) => symlinkSync('/proc/nope', cache)],
])('a cache that is %s is HOST_DISK', async (_what, make) => {
  const cache = join(folder, 'cache')
  make(cache)
  vi.stubEnv('STACKRIG_CACHE', cache)
  forgetSettings()
  await expect(lockImages(['pocket'], { file: join(folder, 'images.lock') })).rejects.toMatchObject(
    refusal('HOST_DISK', /STACKRIG_CACHE/),
  )
})

test('an imported image of which a file cannot be read says which', async () => {
  vi.stubEnv('STACKRIG_CACHE', join(folder, 'cache'))
  forgetSettings()
  const deploy = join(folder, 'deploy')
  mkdirSync(deploy)
  // Nobody can read it from its beginning, not even root (proc_pid_mem(5)).
  symlinkSync('/proc/self/mem', join(deploy, 'p.cpio'))
  const conf = `[config_bsp]\nqb_default_kernel = bzImage\nqb_default_fstype = cpio\nrootfs = ${join(deploy, 'p.cpio')}\n`
  writeFileSync(join(deploy, 'p.qemuboot.conf'), conf)
  writeFileSync(join(deploy, 'bzImage'), '')
  const image = { name: 'theirs', role: 'compute', contract: 'pike', folder: deploy }
  await expect(lockImages([], { file: join(folder, 'images.lock'), imports: [image] })).rejects.toMatchObject(
    refusal('IMAGE_MISSING', /let yourself read it/),
  )
})

/** `stackrig images build pocket` as somebody whom no file knows. */
async function asStranger(environment: Record<string, string>) {
  const settings = join(await ensureModules(), 'harness', 'settings.js')
  const script = `const { settings } = await import(${JSON.stringify(settings)})
    try { console.log(settings().cache) } catch ({ code, message }) { console.log(code, message) }`
  const words = [
    '--reuid',
    '54321',
    '--clear-groups',
    process.execPath,
    '--input-type=module',
    '--eval',
    script,
  ]
  chmodSync(folder, 0o755)
  return execa('setpriv', words, { extendEnv: false, env: environment, cwd: '/', reject: false, all: true })
}

test.runIf(process.getuid?.() === 0)('a user without a home needs STACKRIG_CACHE', async () => {
  const without = await asStranger({})
  expect(without.all).toMatch(/^USAGE [^]*HOME or STACKRIG_CACHE[^]*next: /)
  expect((await asStranger({ STACKRIG_CACHE: folder })).all).toBe(folder)
})

test('/proc is no place for a cache, and does not take for ever', { timeout: 30_000 }, async () => {
  vi.stubEnv('STACKRIG_CACHE', '/proc/nope')
  forgetSettings()
  await expect(lockImages(['pocket'], { file: join(folder, 'images.lock') })).rejects.toMatchObject(
    refusal('HOST_DISK', /STACKRIG_CACHE/),
  )
})
