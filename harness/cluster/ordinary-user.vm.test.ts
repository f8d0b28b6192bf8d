import { chmodSync, cpSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { processesBelow } from '../testing/leftovers.js'
import { pocketHost } from '../testing/pocket.js'
import { failureOf, firstReport, startScript } from '../testing/script.js'

// Whoever runs the tests as an ordinary user tests that with every other test.
const asRoot = process.getuid?.() === 0
const user = 1000
const tun = '/dev/net/tun'
const within = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']

let home: string
let env: Record<string, string>

beforeAll(async () => {
  if (!asRoot) return
  home = mkdtempSync('/tmp/rig-')
  const cache = join(home, 'cache')
  const { images } = await pocketHost()
  for (const { folder } of images.values()) {
    cpSync(folder, join(cache, 'images', folder.split('/').at(-1) ?? ''), { recursive: true })
  }
  await execa('chown', ['--recursive', `${user}:${user}`, home])
  env = { HOME: home, TMPDIR: home, STACKRIG_CACHE: cache, STACKRIG_ACCELERATOR: 'tcg' }
})

afterAll(() => {
  if (asRoot) rmSync(home, { recursive: true, force: true })
})

test.runIf(asRoot)('a closed /dev/net/tun is told, with the command that opens it', async () => {
  await withTun(0o600, async () => {
    const failure = await failureOf('await fails(bootCluster(pair, await pocketHost()))', { within, env })
    expect(failure.code).toBe('HOST_NO_TUN')
    expect(failure.message).toMatch(/EACCES[\s\S]*chmod 0666/)
  })
})

test.runIf(asRoot)('boots, provisions and forks, and leaves nothing', async () => {
  const lines = `
    const golden = await pairGolden()
    const fork = await forkCluster(golden)
    const said = await fork.node('one').run\`ping -c 1 -W 10 two && id -u\`
    await fork.close()
    report({ uid: process.getuid(), said })`
  // udev's default. Where a machine keeps it closed to others, it is open for the time of this test.
  await withTun(0o666, async () => {
    const { uid, said } = await firstReport<{ uid: number; said: string }>(
      startScript(lines, { within, env }),
    )
    expect(uid).toBe(user)
    expect(said.split('\n').at(-1)).toBe('0')
  })
  expect(await processesBelow(home)).toEqual([])
})

/** Runs something while /dev/net/tun has another mode, and gives it back its own. */
async function withTun(mode: number, work: () => Promise<void>): Promise<void> {
  const before = statSync(tun).mode & 0o7777
  chmodSync(tun, mode)
  try {
    await work()
  } finally {
    chmodSync(tun, before)
  }
}
