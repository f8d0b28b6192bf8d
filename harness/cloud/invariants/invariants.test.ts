import { expect, test } from 'vitest'
import { readLook } from './node-state.js'
import { brokenInvariants } from './rules.js'
import type { CloudState, NodeLogs } from './state.js'

const server = { id: 's1', name: 'web', status: 'ACTIVE', task: undefined, host: 'compute' }
const well: CloudState = {
  servers: [server],
  domains: [{ node: 'compute', id: 's1' }],
  consumers: ['s1'],
  ports: [
    { id: 'p1', owner: 'compute:nova', device: 's1', network: 'n1' },
    { id: 'p2', owner: 'network:dhcp', device: 'dhcp-x', network: 'n1' },
    { id: 'p3', owner: 'network:router_interface', device: 'r1', network: 'n1' },
  ],
  networks: ['n1'],
  routers: ['r1'],
  volumes: [{ id: 'v1', status: 'in-use', servers: ['s1'] }],
  namespaces: [
    { node: 'network', name: 'qdhcp-n1' },
    { node: 'network', name: 'qrouter-r1' },
  ],
  logs: { restarts: { 'nova-api on controller': 1 }, tracebacks: { 'a.log on controller': ['OldError: x'] } },
}
const before: NodeLogs = well.logs
const broken = (change: Partial<CloudState>): string[] =>
  brokenInvariants({ ...well, ...change }, before).map(({ text }) => text)

test('a cloud that is whole breaks nothing', () => {
  expect(broken({})).toEqual([])
})

test('domains and servers belong to each other', () => {
  expect(broken({ domains: [] })).toEqual(['server web (s1) has no domain on compute'])
  expect(broken({ domains: [...well.domains, { node: 'compute', id: 's2' }] })).toEqual([
    'domain s2 on compute has no server',
  ])
  // One that failed, or waits for its host, has none.
  expect(broken({ domains: [], servers: [{ ...server, status: 'ERROR' }] })).toEqual([])
})

test('whatever belongs to a server, a network or a router goes with it', () => {
  expect(broken({ servers: [], domains: [] })).toEqual([
    'an allocation is of s1, which is no server',
    'port p1 is of s1, which is no server',
    'volume v1 is attached to s1, which is no server',
  ])
  expect(broken({ networks: [], routers: [] })).toEqual([
    'port p3 is of r1, which is no router',
    'namespace qdhcp-n1 on network has no owner',
    'namespace qrouter-r1 on network has no owner',
  ])
})

test('nothing stays in between', () => {
  expect(broken({ servers: [{ ...server, task: 'deleting' }] })).toEqual([
    'server web (s1) stays ACTIVE, deleting',
  ])
  expect(broken({ volumes: [{ id: 'v1', status: 'detaching', servers: [] }] })).toEqual([
    'volume v1 stays detaching',
  ])
})

test('no service is restarted unasked, and no traceback is new, but for those that are known', () => {
  const restarts = { 'nova-api on controller': 3, 'glance-api on controller': 0 }
  const logs = {
    restarts,
    tracebacks: { 'a.log on controller': ['OldError: x', 'NewError: y', 'ConnectionResetError'] },
  }
  expect(broken({ logs })).toEqual([
    'nova-api on controller was restarted 2 times by its init system',
    'a new traceback in a.log on controller: NewError: y',
  ])
})

test('what a node says is read', () => {
  const said = `# domains
8d1d07f0-a27c-4a4c-8d1d-07f0a27c0001

# restarts
Id=nova-compute.service
NRestarts=2

Id=libvirtd.service
NRestarts=0
# tracebacks
/var/log/nova/nova-compute.log\tnova.exception.Broken: no
`
  expect(readLook('compute', said)).toEqual({
    domains: [{ node: 'compute', id: '8d1d07f0-a27c-4a4c-8d1d-07f0a27c0001' }],
    namespaces: [],
    logs: {
      restarts: { 'nova-compute on compute': 2, 'libvirtd on compute': 0 },
      tracebacks: { '/var/log/nova/nova-compute.log on compute': ['nova.exception.Broken: no'] },
    },
  })
})
