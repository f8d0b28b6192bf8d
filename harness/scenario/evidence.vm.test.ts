import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pairGolden } from '../testing/pocket.js'
import { collectLogs } from './evidence.js'

ownHost()

test('what a node said is kept, also when it crashes before it has said all', async () => {
  const logs = 'echo said; test "$(hostname)" = one || { sleep 1; echo c >/proc/sysrq-trigger; sleep 60; }'
  const topology = { ...pair, contract: { ...pair.contract, logs } }
  await using cluster = await forkCluster({ ...(await pairGolden()), topology })
  const folder = await mkdtemp(join(tmpdir(), 'evidence-'))
  try {
    await collectLogs(cluster, folder)
    expect(await readFile(join(folder, 'one.log'), 'utf8')).toBe('said\n')
    expect(await readFile(join(folder, 'two.log'), 'utf8')).toMatch(
      /^said\nthe logs end here: node two must run, but crashed/,
    )
  } finally {
    await rm(folder, { recursive: true })
  }
})
