import { beforeAll, expect, test } from 'vitest'
import type { Cluster } from './cluster.js'
import { forkCluster } from '../snapshot/index.js'
import { provision } from './provision.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pairGolden } from '../testing/pocket.js'

ownHost()

// The snapshot is the pair's: another host name is what provisioning gives a node.
const nodes = pair.nodes.map((node) => (node.name === 'two' ? { ...node, hostName: 'second' } : node))

let cluster: Cluster<'one' | 'two'>

beforeAll(async () => {
  cluster = await forkCluster({ ...(await pairGolden()), topology: { ...pair, nodes } })
  return () => cluster.close()
})

test('a node whose host name is not its name is reached by both, from outside and from another node', async () => {
  await provision(cluster)
  const two = cluster.node('two')
  expect(await two.run`hostname`).toBe('second')
  await two.run`mkdir -p /srv && echo hello >/srv/index.html && httpd -p 8000 -h /srv`
  await two.waitForPort(8000, { timeout: '60s' })
  for (const name of ['two', 'second', two.plan.address]) {
    await cluster.node('one').run`ping -c 1 -W 10 ${name}`
    const socket = await cluster.dial(name, 8000)
    socket.end('GET / HTTP/1.0\r\n\r\n')
    let answer = ''
    for await (const data of socket) answer += String(data)
    expect(answer, name).toContain('hello')
  }
})
