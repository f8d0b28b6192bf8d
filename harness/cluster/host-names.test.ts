import { expect, test } from 'vitest'
import { pocket } from '../../fixtures/topologies/pocket.js'
import { threeNode } from '../../fixtures/topologies/three-node.js'
import { hostsBeside } from './host-names.js'

test('the nodes stand first, and the rest stays as it was', () => {
  const before = '127.0.0.1 localhost\n# a comment\n10.0.0.7\tfiles.example files\n'
  expect(hostsBeside(pocket, before)).toBe(`192.168.7.2 one\n192.168.7.4 two\n${before}`)
})

test('what was there says nothing of the names of nodes', () => {
  const before = '127.0.1.1 here controller # set by hand\n10.0.0.9 compute\n::1 network ip6'
  expect(hostsBeside(threeNode, before).split('\n')).toEqual([
    '192.168.7.2 controller',
    '192.168.7.4 compute',
    '192.168.7.6 network',
    '127.0.1.1 here',
    '::1 ip6',
  ])
})
