import { afterEach, beforeAll, expect, test } from 'vitest'
import { expectNothingLeft, ownHost } from '../testing/own-host.js'
import { machinesBelow, processesBelow } from '../testing/leftovers.js'
import { pairGolden } from '../testing/pocket.js'
import { firstReport, startScript } from '../testing/script.js'
import { runRoot } from '../sandbox/index.js'

ownHost()
beforeAll(async () => {
  await pairGolden()
})
afterEach(expectNothingLeft)

/** Starts a script, ends it with SIGKILL as soon as the moment has come, and tells how many machines ran then. */
async function killed(lines: string, moment: 'first process' | 'booting' | 'report'): Promise<number> {
  const script = startScript(`${lines}\nreport({})\nsetInterval(() => undefined, 1000)`)
  const soon = { timeout: 120_000, interval: 20 }
  if (moment === 'report') await firstReport(script)
  else if (moment === 'booting') await expect.poll(() => machinesBelow(runRoot()), soon).toHaveLength(2)
  else await expect.poll(() => processesBelow(runRoot()), soon).not.toEqual([])
  const running = await machinesBelow(runRoot())
  script.kill('SIGKILL')
  await script
  return running.length
}

test('while the sandbox is made', async () => {
  await killed('await bootCluster(pair, await pocketHost())', 'first process')
})

test('while the nodes boot', async () => {
  expect(await killed('await bootCluster(pair, await pocketHost())', 'booting')).toBe(2)
})

test('with a fork running', async () => {
  expect(await killed('globalThis.fork = await forkCluster(await pairGolden())', 'report')).toBe(2)
})

test('with a fork running and a command in it', async () => {
  const busy = `const fork = await forkCluster(await pairGolden())
    void fork.node('one').execute('sleep 600', { timeout: '10min' })`
  expect(await killed(busy, 'report')).toBe(2)
})

test('with a fork that stands still, and nobody has taken', async () => {
  expect(
    await killed('globalThis.pool = new ForkPool(); await pool.prepare(await pairGolden())', 'report'),
  ).toBe(2)
})

test('the end of one runner leaves the cluster of another alone', async () => {
  const lines = 'globalThis.fork = await forkCluster(await pairGolden()); report({ pid: fork.sandbox.pid })'
  const stay = startScript(`${lines}\nsetInterval(() => undefined, 1000)`)
  const { pid } = await firstReport<{ pid: number }>(stay)
  const pids = async (): Promise<number[]> => (await processesBelow(runRoot())).map((process) => process.pid)
  const own = await pids()
  expect(own).toContain(pid)
  await killed('globalThis.fork = await forkCluster(await pairGolden())', 'report')
  await expect.poll(pids).toEqual(own)
  stay.kill('SIGKILL')
  await stay
})
