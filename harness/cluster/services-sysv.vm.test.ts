import { beforeAll, expect, test } from 'vitest'
import type { Cluster } from './cluster.js'
import { forkCluster } from '../snapshot/index.js'
import { describeService, serviceStates } from './services.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pairGolden } from '../testing/pocket.js'

ownHost()

// Init scripts on a node that has no System V init: what they say is all that counts here.
const lsb = { runs: 'exit 0', stopped: 'exit 3', starts: 'exit 4' }
// As meta-openstack's since havana, and as grizzly's.
const always0 = { 'runs-0': 'echo "x is running"', 'stopped-0': 'echo "x is not running"' }
const usage = 'echo "Usage: $0 {start|stop|restart}"; exit 1'
const scripts: Record<string, string> = { ...lsb, ...always0, 'runs-mute': usage, 'stopped-mute': usage }
const services = Object.keys(scripts)
const contract = {
  ...pair.contract,
  init: 'sysv' as const,
  roles: { pocket: { services, edits: [], restart: [] } },
}

let cluster: Cluster<'one' | 'two'>

beforeAll(async () => {
  cluster = await forkCluster({ ...(await pairGolden()), topology: { ...pair, contract } })
  const node = cluster.node('one')
  await node.run`mkdir -p /etc/init.d /var/log/services /var/run`
  await node.writeFile('/bin/service', '#!/bin/sh\nexec /etc/init.d/"$1" "$2"\n')
  for (const [service, status] of Object.entries(scripts)) {
    const script = `#!/bin/sh
SUFFIX=${service}
PIDFILE="/var/run/x-$SUFFIX.pid"
case $1 in
status) ${status} ;;
*) echo "$1" >>/var/log/services/${service}.log ;;
esac
`
    await node.writeFile(`/etc/init.d/${service}`, script)
  }
  await node.writeFile('/var/run/x-runs-mute.pid', '1\n')
  await node.writeFile('/var/run/x-stopped-mute.pid', '99999\n')
  await node.run`chmod 755 /bin/service /etc/init.d/*`
  return () => cluster.close()
})

test('init scripts say what runs, what does not, and what still starts', async () => {
  const states = await serviceStates(cluster.node('one'))
  expect(states.map(({ service, state }) => `${service} ${state}`)).toEqual([
    'runs active',
    'stopped inactive',
    'starts activating',
    'runs-0 active',
    'stopped-0 inactive',
    'runs-mute active',
    'stopped-mute inactive',
  ])
})

test('services are restarted, and their logs are found', async () => {
  const node = cluster.node('one')
  await node.restartServices('stopped', 'runs')
  expect(await describeService(node, 'runs')).toContain('restart')
  expect(await describeService(node, 'starts')).toContain('none')
})
