// Keystone is faked: busybox's httpd on a pocket node, which knows no POST and says 501. What counts is that it is asked.
import { expect, test } from 'vitest'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pairGolden } from '../testing/pocket.js'
import type { Contract } from '../contract/index.js'
import { cloudOf } from './cloud-of.js'

ownHost()

const contract: Contract = {
  ...pair.contract,
  roles: { controller: { services: [], edits: [], restart: [] } },
  cloud: {
    identityUrl: 'http://{controller}:5000/v3',
    horizonUrl: 'http://{controller}',
    apis: { identity: 'v3', image: 'v2', volume: 'v3' },
    region: 'RegionOne',
    credentials: { username: 'admin', password: 'password', project: 'admin', domain: 'Default' },
    ports: { identity: 5000 },
  },
}
const nodes = pair.nodes.map((node) =>
  node.name === 'two' ? { ...node, role: 'controller', hostName: 'ctl' } : node,
)

test('the cloud of a controller with another host name is asked at that name', async () => {
  await using cluster = await forkCluster({
    ...(await pairGolden()),
    topology: { ...pair, contract, nodes },
  })
  const two = cluster.node('two')
  await two.run`mkdir -p /srv && httpd -p 5000 -h /srv`
  await two.waitForPort(5000, { timeout: '60s' })
  using cloud = cloudOf(cluster)
  await expect(cloud.keystone.issueToken()).rejects.toMatchObject({
    code: 'API_FAILED',
    status: 501,
    message: expect.stringContaining('http://ctl:5000/v3/auth/tokens') as string,
  })
})
