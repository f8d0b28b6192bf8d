import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../cluster/index.js'
import { ini, type Contract } from '../contract/index.js'
import { ensureStage, forkCluster, type Snapshot } from '../snapshot/index.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pairGolden } from '../testing/pocket.js'
import { diagnose } from './diagnose.js'

ownHost()

const roles: Contract['roles'] = {
  pocket: {
    services: ['syslogd', 'httpd'],
    edits: [ini('/etc/agent.conf', 'ovs', 'local_ip', '{address}')],
    restart: ['httpd'],
  },
}
const contract: Contract = {
  ...pair.contract,
  roles,
  symptoms: [
    { role: 'pocket', command: `grep 'out of luck' /var/log/messages`, means: 'The node has no luck.' },
  ],
  parts: {
    log: { services: ['syslogd'], paths: ['/etc/syslog.conf'] },
    page: {
      services: ['httpd'],
      paths: ['/etc/agent.conf', '/srv/page'],
      ports: [8080],
      needs: ['log', 'page'],
      facts: 'of the page',
    },
  },
  purposes: { page: { needs: ['page'], words: 'page' } },
  facts: [
    {
      role: 'pocket',
      command: `echo '@part records of the page'; cat /srv/records; sh /srv/more 2>/dev/null; echo; echo @end`,
    },
  ],
}
const topology = { ...pair, contract }

let golden: Snapshot<'one' | 'two'>
const open: Cluster[] = []

beforeAll(async () => {
  // A stage: what is so when all is well is looked at on a fork of it, with what was started there.
  const stage = await ensureStage(
    await pairGolden(),
    {
      name: 'pages',
      version: '2',
      reach: async (cluster) => {
        for (const node of cluster.nodes) {
          await node.run`mkdir -p /var/log /srv/page`
          await node.writeFile('/etc/agent.conf', `[ovs]\nlocal_ip = ${node.plan.address}\n`)
          await node.writeFile(
            '/srv/records',
            'rights of the page\t\tasked\nrights of the page\tadmin\tall\nlimit of the page\tvisits\t10\n',
          )
          await node.writeFile('/srv/page/index.html', 'page')
          await node.run`syslogd`
          await node.run`httpd -p 8080 -h /srv/page`
        }
      },
    },
    {},
  )
  golden = { ...stage, topology }
  return async () => Promise.all(open.map((cluster) => cluster.close()))
})
afterAll(() => Promise.all(open.map((cluster) => cluster.close())))

async function fork(): Promise<Cluster<'one' | 'two'>> {
  const cluster = await forkCluster(golden)
  open.push(cluster)
  return cluster
}

const first = async (cluster: Cluster): Promise<string | undefined> => (await diagnose(cluster))[0]?.what

test('nothing is found where nothing is wrong, also after much has been done that harms nobody', async () => {
  const cluster = await fork()
  expect(await diagnose(cluster)).toEqual([])
  const one = cluster.node('one')
  await one.writeFile('/etc/motd', 'hello')
  await one.run`sh -c ${'mkdir -p /var/tmp/work; dd if=/dev/zero of=/var/tmp/work/file bs=1k count=100 2>/dev/null'}`
  await one.run`sh -c ${'echo "limit of the page\tvisits\t10\nrights of the page\tadmin\tall\nrights of the page\tguest\tsome" >/srv/records'}`
  await one.run`ip address add 10.9.0.1/24 dev lo`
  expect(await diagnose(cluster)).toEqual([])
  // The scenario's own arithmetic is no failure of the cluster.
  expect(await diagnose(cluster, { failure: { message: 'expected 2 to be 3' } })).toEqual([])
})

test('names, clocks, files and known lines of logs are told, each with its proof', async () => {
  const cluster = await fork()
  const two = cluster.node('two')
  await two.run`hostname one`
  await two.run`sh -c ${'date -s @$(($(date +%s) - 7200))'}`
  await two.writeFile('/etc/agent.conf', '# mine\n[ovs]\nlocal_ip = 192.168.7.2\n')
  await two.run`logger ${'out of luck'}`
  const found = await diagnose(cluster)
  expect(found.map(({ what }) => what).sort()).toEqual([
    '/etc/agent.conf on two has "[ovs] local_ip = 192.168.7.2"; the golden snapshot has "[ovs] local_ip = 192.168.7.4"',
    expect.stringMatching(/^the clock of two is 2 h.* behind/),
    'two calls itself "one"; the topology calls it "two"',
    'two: The node has no luck',
  ])
  expect(found.find(({ what }) => what.startsWith('/etc/agent.conf'))).toMatchObject({
    where: 'two',
    proof: ['- [ovs] local_ip = 192.168.7.4', '+ [ovs] local_ip = 192.168.7.2'],
  })
})

test('a process that stands still is the cause of a port that does not answer', async () => {
  const cluster = await fork()
  await cluster.node('one').run`killall -STOP httpd`
  const [found] = await diagnose(cluster)
  expect(found).toMatchObject({ where: 'one', mends: expect.stringMatching(/^kill -CONT \d+/) as string })
  expect(found?.what).toBe('httpd on one stands still: its process is stopped')
})

test('an address that is gone is the cause of what is out of reach', async () => {
  const cluster = await fork()
  await cluster.node('two').run`ip address del 192.168.7.4/24 dev eth0`
  const [found] = await diagnose(cluster)
  expect(found?.what).toBe('two has lost its address 192.168.7.4/24 on eth0')
  expect(found?.explains.join('\n')).toMatch(/one (cannot reach two:8080|does not reach two)/)
})

test.each<[string, string, RegExp]>([
  ['a route', 'ip route add blackhole 192.168.7.4', /^one has got a route: blackhole 192.168.7.4/],
  [
    'a name',
    `sed -i 's/^192.168.7.4 /192.168.7.99 /' /etc/hosts`,
    /^(one resolves two to 192.168.7.99|\/etc\/hosts on one has "192.168.7.99 two)/,
  ],
  [
    'rights',
    'chmod 700 /srv/page; chown 7 /srv/page',
    /^\/srv\/page on one belongs to 7:.*, and has the rights 700/,
  ],
  ['a mount', 'mount -t tmpfs none /srv/page', /^one has something else mounted on \/srv\/page/],
  [
    'a full disk',
    'mount -t tmpfs -o size=64k none /srv/page; dd if=/dev/zero of=/srv/page/fill bs=1k 2>/dev/null',
    /^(one has something else mounted on|the file system \/srv\/page of one is full)/,
  ],
  ['a record', `sed -i '/admin/d' /srv/records`, /^the rights of the page is gone: admin \(all\)$/],
  ['a service', 'killall httpd', /^(no process httpd runs on one any more|httpd on one is inactive)/],
])('%s', async (_, command, expected) => {
  const cluster = await fork()
  await cluster.node('one').execute(`sh -c '${command.replaceAll("'", `'\\''`)}'`)
  expect(await first(cluster)).toMatch(expected)
})

test('a node that is slow is looked at to its end; of one that falls silent it is told that not all was seen', async () => {
  const cluster = await fork()
  const two = cluster.node('two')
  await two.writeFile('/etc/agent.conf', '[ovs]\nlocal_ip = 192.168.7.2\n')
  await two.writeFile('/srv/more', 'for part in 1 2 3 4 5 6 7 8; do sleep 1; echo part $part; done')
  const slow = await diagnose(cluster, { timeout: '6s' })
  expect(slow.map(({ what }) => what)).toEqual([
    expect.stringMatching(/^\/etc\/agent\.conf on two has "\[ovs\] local_ip = 192\.168\.7\.2"/),
  ])
  await two.writeFile('/srv/more', 'sleep 1000')
  const cut = await diagnose(cluster, { timeout: '6s' })
  expect(cut.at(-1)?.what).toMatch(
    /^not everything could be looked at: facts 1 of the contract of two, and what is asked after it: it said nothing for/,
  )
})

test('a node that stands still is told first, in time, and one that is off when something needs it', async () => {
  const cluster = await fork()
  await cluster.node('two').machine.pause()
  const unfinished: string[] = []
  const found = await diagnose(cluster, { timeout: '8s', onUnfinished: (what) => unfinished.push(what) })
  expect(found[0]?.what).toBe('two does not answer: not one command on its shell came to an end')
  expect(unfinished.length).toBeGreaterThan(0)
  await cluster.node('two').powerOff()
  expect(await first(cluster)).toBe('two is switched off')
})
