// The states are made up.
import { expect, test } from 'vitest'
import { brokenInvariants } from './rules.js'
import type { Before, CloudState } from './state.js'

const server = { id: 's1', name: 'web', status: 'ACTIVE', task: undefined, host: 'compute' }
const well: CloudState = {
  servers: [server],
  domains: [{ node: 'compute', id: 's1' }],
  consumers: ['s1'],
  ports: [
    { id: 'p1', owner: 'compute:nova', device: 's1' },
    { id: 'p2', owner: 'network:dhcp', device: 'dhcp-x' },
    { id: 'p3', owner: 'network:router_interface', device: 'r1' },
  ],
  networks: ['n1'],
  routers: ['r1'],
  volumes: [{ id: 'v1', status: 'in-use', servers: ['s1'] }],
  images: [{ id: 'i1', name: 'guest', status: 'active' }],
  namespaces: [
    { node: 'network', name: 'qdhcp-n1' },
    { node: 'network', name: 'qrouter-r1' },
  ],
  boots: { controller: 'boot-1' },
  restarts: [{ node: 'controller', service: 'nova-api', count: 1 }],
  queues: [{ name: 'compute.compute', messages: 0, consumers: 1 }],
  tracebacks: [],
}
const before: Before = { boots: well.boots, restarts: well.restarts, queues: well.queues, killed: new Set() }
const broken = (change: Partial<CloudState>, known: Partial<Before> = {}): string[] =>
  brokenInvariants({ ...well, ...change }, { ...before, ...known }).map(({ text }) => text)

test('a cloud that is whole breaks nothing', () => {
  expect(broken({})).toEqual([])
})

test('domains and servers belong to each other', () => {
  expect(broken({ domains: [] })).toEqual(['server web (s1) has no domain on compute'])
  expect(broken({ domains: [...well.domains, { node: 'compute', id: 's2' }] })).toEqual([
    'domain s2 on compute has no server',
  ])
  // One that failed, or waits for its host, has none.
  expect(broken({ domains: [], consumers: [], servers: [{ ...server, status: 'ERROR' }] })).not.toContain(
    'server web (s1) has no domain on compute',
  )
})

test('allocations and servers belong to each other, where there is Placement', () => {
  expect(broken({ consumers: ['s1', 's2'] })).toEqual(['an allocation is of s2, which is no server'])
  expect(broken({ consumers: [] })).toEqual(['server web (s1) has no allocation'])
  expect(broken({ consumers: undefined })).toEqual([])
})

test('whatever belongs to a server, a network or a router goes with it', () => {
  expect(broken({ servers: [], domains: [], consumers: [] })).toEqual([
    'port p1 is of s1, which is no server',
    'volume v1 is attached to s1, which is no server',
  ])
  expect(broken({ networks: [], routers: [] })).toEqual([
    'port p3 is of r1, which is no router',
    'namespace qdhcp-n1 on network has no owner',
    'namespace qrouter-r1 on network has no owner',
  ])
  expect(broken({ volumes: [{ id: 'v1', status: 'in-use', servers: [] }] })).toEqual([
    'volume v1 is in use, and attached to nothing',
  ])
})

test('nothing stays in between', () => {
  expect(broken({ servers: [{ ...server, task: 'deleting' }] })).toEqual([
    'server web (s1) stays ACTIVE, deleting',
  ])
  expect(broken({ volumes: [{ id: 'v1', status: 'detaching', servers: [] }] })).toEqual([
    'volume v1 stays detaching',
  ])
  expect(broken({ images: [{ id: 'i1', name: 'guest', status: 'saving' }] })).toEqual([
    'image guest (i1) stays saving',
  ])
})

test('a queue is there, is looked after, and does not grow', () => {
  const [queue] = well.queues
  if (!queue) throw new Error('there must be a queue')
  expect(broken({ queues: [] })).toEqual(['queue compute.compute is gone'])
  expect(broken({ queues: [{ ...queue, consumers: 0 }] })).toEqual([
    'queue compute.compute has no consumer any more',
  ])
  const longer = { ...queue, messages: 3 }
  expect(broken({ queues: [longer] })).toEqual(['queue compute.compute keeps 3 messages'])
  expect(broken({ queues: [longer] }, { queues: [longer] })).toEqual([])
})

test('no service is restarted unasked', () => {
  const restarts = [{ node: 'controller', service: 'nova-api', count: 3 }]
  expect(broken({ restarts })).toEqual(['nova-api on controller was restarted 2 times by its init system'])
  expect(broken({ restarts }, { killed: new Set(['nova-api on controller']) })).toEqual([])
  expect(broken({ restarts, boots: { controller: 'boot-2' } })).toEqual([])
  expect(broken({ restarts: [{ node: 'controller', service: 'nova-api', count: 0 }] })).toEqual([])
})

test('no traceback is new, but for those that are known', () => {
  const traceback = (exception: string) => ({ node: 'controller', from: 'nova-api', exception })
  const said = traceback('ValueError: no')
  expect(broken({ tracebacks: [said, said, traceback('ConnectionResetError: [Errno 104]')] })).toEqual([
    'a new traceback of nova-api on controller: ValueError: no',
  ])
  expect(broken({ tracebacks: [said], boots: { controller: 'boot-2' } })).toEqual([])
})

test('what was restarted, and what was logged, does not pass; all else may', () => {
  const passes = (change: Partial<CloudState>): boolean[] =>
    brokenInvariants({ ...well, ...change }, before).map(({ mayPass }) => mayPass)
  expect(passes({ domains: [], networks: [], queues: [] })).toEqual([true, true, true])
  expect(passes({ restarts: [{ node: 'controller', service: 'nova-api', count: 2 }] })).toEqual([false])
})
