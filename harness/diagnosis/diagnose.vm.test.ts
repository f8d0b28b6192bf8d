import { beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../cluster/index.js'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pairGolden } from '../testing/pocket.js'
import type { Contract } from '../contract/index.js'
import { diagnose } from './diagnose.js'

ownHost()

const roles: Contract['roles'] = {
  pocket: {
    services: ['syslogd'],
    edits: [{ file: '/etc/agent.conf', format: 'ini', section: 'ovs', key: 'local_ip', value: '{address}' }],
    restart: [],
  },
}
const symptoms = [
  { role: 'pocket', command: `grep 'out of luck' /var/log/messages`, means: 'The node has no luck.' },
]
const topology = { ...pair, contract: { ...pair.contract, roles, symptoms } }

let cluster: Cluster<'one' | 'two'>

beforeAll(async () => {
  // The snapshot is the pair's: what the contract promises is asked of the running nodes only.
  cluster = await forkCluster({ ...(await pairGolden()), topology })
  for (const node of cluster.nodes) {
    await node.run`mkdir -p /var/log`
    await node.run`syslogd`
    await node.writeFile('/etc/agent.conf', `[ovs]\nlocal_ip = ${node.plan.address}\n`)
  }
  return () => cluster.close()
})

test('nothing is found where nothing is wrong', async () => {
  expect(await diagnose(cluster)).toEqual([])
})

test('a name that two nodes have, clocks two hours apart, another address in a file, a known line in a log', async () => {
  const two = cluster.node('two')
  await two.run`hostname one`
  await two.run`sh -c ${'date -s @$(($(date +%s) - 7200))'}`
  await two.writeFile('/etc/agent.conf', '# mine\n[ovs]\nlocal_ip = 192.168.7.2\n')
  await two.run`logger ${'out of luck'}`
  expect(await diagnose(cluster)).toEqual([
    'two calls itself "one", which is the name of one; the topology calls it "two"',
    expect.stringMatching(/^the clock of two is .* behind that of one: /),
    '/etc/agent.conf on two has "local_ip = 192.168.7.2"; the topology wants "local_ip = 192.168.7.4"',
    expect.stringMatching(/^two: The node has no luck\.\n.*out of luck$/),
  ])
})

test('a service that does not run is among it, and a node that is off is passed over', async () => {
  await cluster.node('one').run`killall syslogd`
  // It takes its leave of the log first.
  await cluster.node('one').waitUntil({ timeout: '30s' })`! pidof syslogd`
  await cluster.node('two').powerOff()
  expect(await diagnose(cluster)).toEqual([
    expect.stringMatching(/^syslogd on one is inactive; the last words of syslogd on one:/),
  ])
})
