import { expect, test } from 'vitest'
import { pocket } from '../../fixtures/topologies/pocket.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'
import { describePort, portOption, portsOf } from './publish-ports.js'

test('ports are named in three ways, with commas or again', () => {
  expect(portOption('8081:network:8080', portOption('80,compute:22'))).toEqual([
    { wanted: 80, port: 80 },
    { wanted: 22, host: 'compute', port: 22 },
    { wanted: 8081, host: 'network', port: 8080 },
  ])
})

test.each(['', 'http', '0', '65536', ':80', '80:', '1:2:3:4', '80:one:', 'a:one:80'])(
  '%j is refused',
  (text) => {
    expect(() => portOption(text)).toThrow(/8080, NODE:8080 or 8081:NODE:8080/)
  },
)

test('a port without a node is one of the controller, or of the first node', () => {
  expect(portsOf(threeNode, portOption('80,network:22'))).toEqual([
    { wanted: 80, host: '192.168.7.2', port: 80 },
    { wanted: 22, host: '192.168.7.6', port: 22 },
  ])
  expect(portsOf(pocket, portOption('80'))).toMatchObject([{ host: '192.168.7.2' }])
  expect(() => portsOf(pocket, portOption('three:80'))).toThrow(/must have the node "three"[\s\S]*one, two/)
})

test('another port than the wanted one is said', () => {
  const port = { wanted: 8080, host: '192.168.7.4', port: 80 }
  expect(describePort(pocket, { ...port, at: 8080 })).toBe('127.0.0.1:8080 -> two:80')
  expect(describePort(pocket, { ...port, at: 8081 })).toBe('127.0.0.1:8081 -> two:80 (8080 was not free)')
})
