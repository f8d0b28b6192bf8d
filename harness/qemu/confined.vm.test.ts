import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'

const { folder } = ownHost()

/** A field of status in a folder of proc(5). */
const field = (of: string, name: string): string | undefined =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(join(of, 'status'), 'utf8'))?.[1]

test('every thread of QEMU has its system calls filtered, and it starts no program', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const { machine } = cluster.node('one')
  const tasks = join(await machine.processFolder(), 'task')
  const threads = readdirSync(tasks).map((name) => join(tasks, name))
  expect(threads.length).toBeGreaterThan(1)
  for (const thread of threads) {
    // SECCOMP_MODE_FILTER (proc(5), Seccomp).
    expect(field(thread, 'Seccomp')).toBe('2')
    expect(field(thread, 'NoNewPrivs')).toBe('1')
  }
  const file = join(folder, 'made by QEMU')
  await machine.qmp
    .execute('migrate', { uri: `exec:echo it started a program >'${file}'` })
    .catch(() => undefined)
  // The kernel ends a program that does what its filter forbids.
  await expect.poll(() => machine.ended.aborted, { timeout: 60_000 }).toBe(true)
  expect(existsSync(file)).toBe(false)
})
