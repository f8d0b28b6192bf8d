import { beforeAll, expect, test } from 'vitest'
import type { Cluster } from './cluster.js'
import { forkCluster } from '../snapshot/index.js'
import { requireServices, serviceStates } from './services.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pairGolden } from '../testing/pocket.js'

ownHost()

// The snapshot is the pair's: what the contract promises is asked of the running nodes only.
const roles = { pocket: { services: ['syslogd', 'httpd'], edits: [], restart: [] } }
const topology = { ...pair, contract: { ...pair.contract, roles } }

let cluster: Cluster<'one' | 'two'>

beforeAll(async () => {
  cluster = await forkCluster({ ...(await pairGolden()), topology })
  await Promise.all(cluster.nodes.map((node) => node.run`mkdir -p /var/log && syslogd`))
  await cluster.node('two').run`httpd -p 80 -h /`
  return () => cluster.close()
})

test('a service that does not come up is named, with its state and its last log lines', async () => {
  await cluster.node('one').run`logger -t httpd ${'bind: address in use'}`
  await cluster.node('one').run`logger -t other ${'something else'}`
  const error: unknown = await requireServices(cluster).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    code: 'SERVICE_DOWN',
    message: expect.stringMatching(/httpd on one[\s\S]*is inactive[\s\S]*bind: address in use/) as string,
  })
  expect(String(error)).not.toMatch(/something else|syslogd on one|on two/)
})

test('a service that runs is active', async () => {
  await cluster.node('one').run`httpd -p 80 -h /`
  await requireServices(cluster)
  const states = await serviceStates(cluster.node('one'))
  expect(states.map(({ service, state }) => `${service} ${state}`)).toEqual([
    'syslogd active',
    'httpd active',
  ])
})

test('a service is stopped, started and restarted by its name', async () => {
  const two = cluster.node('two')
  const state = async (): Promise<unknown> =>
    (await serviceStates(two)).find(({ service }) => service === 'httpd')?.state
  await two.stopServices('httpd')
  expect(await state()).toBe('inactive')
  await two.startServices('httpd')
  expect(await state()).toBe('active')
  const before = await two.run`pidof httpd`
  await two.restartServices('httpd')
  expect(await two.run`pidof httpd`).not.toBe(before)
  await expect(two.stopServices('no-such-service')).rejects.toMatchObject({ code: 'COMMAND_FAILED' })
})
