import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Cluster, launch, machineSpec } from '../cluster/index.js'
import { forkCluster } from '../snapshot/index.js'
import { snapshotFiles } from '../snapshot/snapshot.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'
import type { Machine } from './machine.js'
import { loadState, saveState } from './saved-state.js'

const { folder } = ownHost()

/** ms; QEMU's answer to one command is waited for thirty times as long by default. */
const timeout = 2000

/** Stops QEMU as SIGSTOP does: it keeps its sockets, and says nothing any more. */
async function stop(cluster: Pick<Cluster, 'sandbox'>, machine: Machine): Promise<void> {
  const { status } = await cluster.sandbox.run(['kill', '-STOP', String(await machine.thread())])
  expect(status).toBe(0)
}

/** What it is given up for, and after how many times its time-out. */
async function givenUp(work: Promise<unknown>): Promise<{ error: unknown; times: number }> {
  const began = performance.now()
  const error = await work.then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  )
  return { error, times: (performance.now() - began) / timeout }
}

const tooLong = (what: string) => ({
  code: 'QMP_FAILED',
  message: expect.stringMatching(
    new RegExp(`${what} the state of node one must succeed[^]*more than ${timeout}`),
  ) as string,
})

test('a state that QEMU does not save is given up in time, and nothing of it is left', async () => {
  await using cluster = await forkCluster(await pairGolden())
  const { machine } = cluster.node('one')
  await machine.pause()
  await stop(cluster, machine)
  const file = join(folder, 'state')
  const { error, times } = await givenUp(saveState(machine, file, { timeout }))
  expect(error).toMatchObject(tooLong('saving'))
  expect(times).toBeLessThan(5)
  expect(existsSync(file)).toBe(false)
})

test('a state that QEMU does not load is given up in time', async () => {
  const golden = await pairGolden()
  let seen: Awaited<ReturnType<typeof givenUp>> | undefined
  const starting = Cluster.start(golden.topology, golden, {
    startNode: async (node, cluster) => {
      const { memory, state } = snapshotFiles(golden.folder, node.name)
      const storage = { memory: { file: memory, shared: false }, incoming: true }
      const launched = await launch(cluster, machineSpec(cluster, node, { storage }))
      if (node.name === 'one') {
        await stop(cluster, launched.machine)
        seen = await givenUp(loadState(launched.machine, state, { timeout }))
        throw seen.error
      }
      return launched
    },
  })
  await expect(starting).rejects.toMatchObject(tooLong('loading'))
  expect(seen?.times).toBeLessThan(5)
})
