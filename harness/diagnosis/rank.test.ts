import { expect, test } from 'vitest'
import { defineContract, pokySystemd } from '../contract/index.js'
import { defineTopology } from '../cluster/index.js'
import { packetFilter } from './causes/packet-filter.js'
import { differencesOf } from './differences.js'
import { failedThings } from './failed.js'
import { Facts } from './facts/facts.js'
import type { Suspicion } from './finding.js'
import { templateOf, unheard } from './logs.js'
import { Needs } from './needs.js'
import { rank } from './rank.js'
import { suspect } from './suspect.js'

const runs = (...services: string[]): { services: string[]; edits: []; restart: [] } => ({
  services,
  edits: [],
  restart: [],
})
const contract = defineContract({
  name: 'trial',
  operatingSystem: pokySystemd,
  release: {
    roles: {
      controller: runs(
        'postgresql',
        'rabbitmq-server',
        'keystone',
        'glance-api',
        'nova-api',
        'nova-scheduler',
        'nova-conductor',
        'placement-api',
        'neutron-server',
        'swift-proxy',
      ),
      compute: runs('libvirtd', 'openvswitch-switch', 'neutron-openvswitch-agent', 'nova-compute'),
      network: runs('openvswitch-switch', 'neutron-openvswitch-agent', 'neutron-dhcp-agent'),
    },
    cloud: {
      identityUrl: 'http://{controller}:5000/v3',
      horizonUrl: 'http://{controller}',
      apis: { identity: 'v3', image: 'v2', volume: 'v3' },
      region: 'RegionOne',
      credentials: { username: 'admin', password: 'password', project: 'admin', domain: 'Default' },
      ports: { identity: 5000, image: 9292 },
    },
  },
})
const topology = defineTopology({
  name: 'trial',
  contract,
  nodes: {
    controller: { image: 'x', role: 'controller', address: '192.168.7.2' },
    compute: { image: 'x', role: 'compute', address: '192.168.7.4' },
    network: { image: 'x', role: 'network', address: '192.168.7.6' },
  },
})
const needs = new Needs(topology)

const suspicion = (given: Partial<Suspicion>): Suspicion => ({
  ...{ tier: 'changed', what: 'x', where: 'controller', proof: [], breaks: [], words: [] },
  ...given,
})
const context = (
  node: string,
  before = new Facts(),
  now = new Facts(),
): Parameters<typeof packetFilter>[1] => ({
  ...{
    topology,
    needs,
    node,
    before,
    now,
    hostTime: (seconds: number) => seconds * 1000,
    expectedClock: { from: 0, to: 0 },
  },
})
const factsOf = (...entries: [string, string, string][]): Facts => {
  const facts = new Facts()
  for (const [kind, subject, value] of entries) facts.add(kind, subject, value)
  return facts
}

test('an instance needs its hypervisor, what that needs, and the ways to it; nothing of the object store', () => {
  const below = needs.below('purpose instance')
  for (const thing of [
    'part hypervisor@compute',
    'part messages@controller',
    'reach compute messages',
    'node controller',
    'part libvirt@compute',
  ])
    expect(below).toContain(thing)
  expect(below).not.toContain('part objects@controller')
  expect(below).not.toContain('part libvirt@controller')
})

test('what nothing explains comes first, and tells what follows from it', () => {
  const rule = suspicion({ what: 'the rule', breaks: ['reach compute messages'], words: [':5672'] })
  const way = suspicion({ tier: 'unreachable', what: 'no way', breaks: ['reach compute messages'] })
  const down = suspicion({
    tier: 'reported',
    what: 'nova-compute is down',
    breaks: ['report hypervisor@compute'],
  })
  const unrelated = suspicion({ what: 'swift was edited', breaks: ['part objects@controller'] })
  const { things } = failedThings(needs, {
    failure: { message: 'server web: BUILD', code: 'WAIT_TIMEOUT' },
    told: [],
    suspicions: [down],
  })
  const found = rank([down, unrelated, way, rule], { needs, failed: things, said: '' })
  expect(found.map(({ what }) => what)).toEqual(['the rule', 'no way', 'nova-compute is down'])
  expect(found[0]?.explains.sort()).toEqual(['no way', 'nova-compute is down'])
})

test('of two changes the one comes first that an error speaks of; what began after the first bad look comes last', () => {
  const one = suspicion({
    what: 'one',
    breaks: ['part image@controller'],
    words: ['/var/lib/one'],
    since: 1000,
  })
  const two = suspicion({
    what: 'two',
    breaks: ['part image@controller'],
    words: ['/var/lib/two'],
    since: 50_000,
  })
  const options = { needs, failed: new Set(['purpose image']), said: "permission denied: '/var/lib/two'" }
  expect(rank([one, two], options)[0]?.what).toBe('two')
  expect(rank([one, two], { ...options, firstBad: 20_000 })[0]?.what).toBe('one')
})

test("a scenario's own error blames nothing, unless the cloud shows that it failed", () => {
  const own = { message: 'expected 2 servers to be 3' }
  expect(failedThings(needs, { failure: own, told: [], suspicions: [] }).things.size).toBe(0)
  const told = ['server web is ERROR: No valid host was found']
  expect(failedThings(needs, { failure: own, told, suspicions: [] }).things).toContain('purpose instance')
})

test.each<[string, string, string[], string]>([
  [
    'filter: -A INPUT -s 192.168.7.4/32 -p tcp -m tcp --dport 5672 -j DROP',
    'controller',
    ['reach compute messages'],
    'controller drops what comes by TCP from compute to port 5672 (AMQP)',
  ],
  [
    'filter: -A OUTPUT -p tcp -m tcp --dport 9292 -j REJECT',
    'compute',
    ['reach compute image'],
    'compute rejects what it sends by TCP to port 9292 (image)',
  ],
  [
    'in qdhcp-1, filter: -A INPUT -p udp -m udp --dport 67 -j DROP',
    'network',
    ['addresses'],
    'network drops what comes by UDP to port 67 (DHCP) in qdhcp-1',
  ],
  [
    'nft inet x input: udp dport 4789 drop',
    'network',
    ['tunnels'],
    'network drops what comes by UDP to port 4789 (VXLAN)',
  ],
])('%s', (rule, node, breaks, what) => {
  const found = packetFilter(
    { node, kind: 'rule', subject: rule, before: undefined, now: 'present' },
    context(node),
  )
  expect(found?.breaks).toEqual(breaks)
  expect(found?.what).toBe(what)
})

test('rules that agents make, and those that let packets in, are no findings', () => {
  for (const rule of [
    'filter: -A neutron-openvswi-INPUT -j DROP',
    'filter: -A INPUT -p tcp --dport 22 -j ACCEPT',
  ])
    expect(
      packetFilter(
        { node: 'compute', kind: 'rule', subject: rule, before: undefined, now: 'present' },
        context('compute'),
      ),
    ).toBeUndefined()
})

test.each<[string, [string, string, string], [string, string, string] | undefined, RegExp]>([
  [
    'rights',
    ['rights', '/var/lib/glance/images', 'directory glance:glance 755'],
    ['rights', '/var/lib/glance/images', 'directory root:root 755'],
    /belongs to root:root; in the golden snapshot to glance:glance/,
  ],
  [
    'a unit',
    ['unit', 'glance-api.service', 'loaded active running'],
    ['unit', 'glance-api.service', 'loaded failed failed'],
    /^glance-api on controller is failed/,
  ],
  [
    'a mask',
    ['unit', 'keystone.service', 'loaded active running'],
    ['unit', 'keystone.service', 'masked inactive dead'],
    /^keystone on controller is masked/,
  ],
  [
    'frozen',
    ['property', 'FreezerState of nova-api.service', 'running'],
    ['property', 'FreezerState of nova-api.service', 'frozen'],
    /^nova-api on controller is frozen/,
  ],
  [
    'a setting of the kernel',
    ['setting', 'net.ipv4.ip_local_port_range', '32768 60999'],
    ['setting', 'net.ipv4.ip_local_port_range', '60000 60001'],
    /^controller has net.ipv4/,
  ],
  [
    'a mount',
    ['mount', '/', '/dev/vda ext4 rw'],
    ['mount', '/', '/dev/vda ext4 ro'],
    /^the file system \/ of controller can only be read/,
  ],
  [
    'room',
    ['room', '/', '30% of 100, 70 left'],
    ['room', '/', '100% of 100, 0 left'],
    /^the file system \/ of controller is full/,
  ],
])('%s', (_, before, now, what) => {
  const [was, is] = [factsOf(before), now ? factsOf(now) : new Facts()]
  const found = suspect(differencesOf('controller', was, is), context('controller', was, is))
  expect(found[0]?.what).toMatch(what)
})

test('the file that says where names are looked up is the cause of those that are not found', () => {
  const before = factsOf(
    ['resolves', 'controller', '192.168.7.2'],
    ['content', '/etc/nsswitch.conf', 'a'],
    ['text', '/etc/nsswitch.conf', 'hosts: files'],
  )
  const now = factsOf(['content', '/etc/nsswitch.conf', 'b'], ['text', '/etc/nsswitch.conf', 'hosts: dns'])
  const suspicions = suspect(differencesOf('compute', before, now), context('compute', before, now))
  const failed = new Set(['purpose instance'])
  const [first] = rank(suspicions, { needs, failed, said: 'failed to resolve controller' })
  expect(first?.what).toMatch(/^\/etc\/nsswitch\.conf on compute has "hosts: dns"/)
  expect(first?.explains).toEqual(['compute resolves controller to nothing; its address is 192.168.7.2'])
})

test('what is new of a kind that work leaves, what widens rights, and what no service reads, are no findings', () => {
  const before = factsOf(
    ['rights', '/etc/nova/nova.conf', 'regular file root:nova 640'],
    ['content', '/etc/motd', 'a'],
    ['unit', 'x.service', 'loaded active running'],
  )
  const now = factsOf(
    ['rights', '/etc/nova/nova.conf', 'regular file root:nova 644'],
    ['content', '/etc/motd', 'b'],
    ['unit', 'x.service', 'loaded inactive dead'],
    ['mount', '/mnt', 'tmpfs'],
    ['rights', '/var/lib/nova/instances/1', 'directory nova:nova 755'],
    ['address', '10.1.2.3/24 on br-ex', 'present'],
  )
  expect(suspect(differencesOf('controller', before, now), context('controller', before, now))).toEqual([])
})

test('lines of logs are told apart by what they say, not by ids, times and numbers', () => {
  const one =
    '2026-11-29 10:41:13.123 812 ERROR nova req-8d1d07f0 instance 6f0c1b5e-0c2e-4f1c-9d3a-2b1c0a9e8d7f failed after 12 s'
  const two =
    '2026-11-29 11:02:59.001 99 ERROR nova req-11111111 instance 00000000-0c2e-4f1c-9d3a-2b1c0a9e8d7f failed after 3 s'
  expect(templateOf(one)).toBe(templateOf(two))
  const line = (text: string): { node: string; from: string; text: string } => ({
    node: 'a',
    from: 'b',
    text,
  })
  const lines = [line(one), line('often 1'), line('often 2'), line('rare')]
  expect(unheard(lines, new Set([templateOf(two)])).map(({ text }) => text)).toEqual(['rare', 'often 1'])
})
