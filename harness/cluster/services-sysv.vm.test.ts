import { beforeAll, expect, test } from 'vitest'
import type { Cluster } from './cluster.js'
import { forkCluster } from './fork.js'
import { describeService, serviceStates } from './services.js'
import { ownHost } from './testing/own-host.js'
import { pair, pairGolden } from './testing/pocket.js'

ownHost()

// Init scripts on a node that has no System V init: what they say is all that counts here.
const statuses = { runs: 0, stopped: 3, starts: 4 }
const services = Object.keys(statuses)
const contract = {
  ...pair.contract,
  init: 'sysv' as const,
  roles: { pocket: { services, edits: [], restart: [] } },
}

let cluster: Cluster<'one' | 'two'>

beforeAll(async () => {
  cluster = await forkCluster({ ...(await pairGolden()), topology: { ...pair, contract } })
  const node = cluster.node('one')
  await node.run`mkdir -p /etc/init.d /var/log/services`
  await node.writeFile('/bin/service', '#!/bin/sh\nexec /etc/init.d/"$1" "$2"\n')
  for (const [service, status] of Object.entries(statuses)) {
    const script = `#!/bin/sh
case $1 in
status) exit ${status} ;;
*) echo "$1" >>/var/log/services/${service}.log ;;
esac
`
    await node.writeFile(`/etc/init.d/${service}`, script)
  }
  await node.run`chmod 755 /bin/service /etc/init.d/*`
  return () => cluster.close()
})

test('init scripts say what runs, what does not, and what still starts', async () => {
  const states = await serviceStates(cluster.node('one'))
  expect(states.map(({ service, state }) => `${service} ${state}`)).toEqual([
    'runs active',
    'stopped inactive',
    'starts activating',
  ])
})

test('services are restarted, and their logs are found', async () => {
  const node = cluster.node('one')
  await node.restartServices('stopped', 'runs')
  expect(await describeService(node, 'runs')).toContain('restart')
  expect(await describeService(node, 'starts')).toContain('none')
})
