import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { installOptions } from './mmdebstrap-options.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stackrig-proxy-'))
  vi.stubEnv('STACKRIG_CACHE', join(folder, 'cache'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

test(
  "the password of this machine's proxy reaches apt in the tree by a file for root alone, and stands in no argument of a process",
  { timeout: 300_000 },
  async () => {
    const password = randomBytes(12).toString('hex')
    const line = `Acquire::http::Proxy "http://me:${password}@proxy:3128/";`
    const configuration = join(folder, 'apt.conf')
    writeFileSync(configuration, `${line}\n`)
    vi.stubEnv('APT_CONFIG', configuration)
    const options = await installOptions({
      ...{ isRoot: true, scratch: folder, packages: ['dash'], paths: [], postponed: [] },
    })
    expect(options.join('\n')).not.toContain(password)
    expect(statSync(join(folder, 'host-apt.conf')).mode & 0o777).toBe(0o600)

    const hooks = options.filter((option) => option.startsWith('--setup-hook=') && option.includes('98host'))
    const look = `cd "$1/etc/apt/apt.conf.d" && cp -p 98host-mmdebstrap ${folder}/found && cat /proc/[0-9]*/cmdline >${folder}/arguments 2>/dev/null || true`
    const tree = [
      ...[
        '--mode=root',
        '--format=null',
        '--architectures=amd64',
        '--variant=custom',
        '--skip=update,cleanup',
      ],
      ...[...hooks, `--customize-hook=${look}`, 'bookworm', '/dev/null', '-'],
    ]
    const made = await execa('unshare', ['--map-root-user', '--mount', 'mmdebstrap', ...tree], {
      ...{ all: true, reject: false, env: { APT_CONFIG: undefined } },
      input: 'deb [trusted=yes] file:/nowhere bookworm main\n',
    })
    expect(made.exitCode, made.all).toBe(0)
    expect(readFileSync(join(folder, 'found'), 'utf8')).toContain(line)
    expect(statSync(join(folder, 'found')).mode & 0o777).toBe(0o600)
    const seen = readFileSync(join(folder, 'arguments'), 'utf8')
    expect(seen).toContain('98host-mmdebstrap')
    expect(seen).not.toContain(password)
  },
)
