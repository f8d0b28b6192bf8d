import { expect, test } from 'vitest'
import { forkCluster } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pairGolden } from '../testing/pocket.js'

ownHost()

test('no address comes or goes while the machines run: a browser would drop the pages it loads', async () => {
  await using cluster = await forkCluster(await pairGolden())
  // A link's own IPv6 address appears within two seconds of its first carrier (RFC 4862, 5.4).
  const { output } = await cluster.sandbox.run(['timeout', '4', 'ip', 'monitor', 'address'])
  expect(output).toBe('')
})
