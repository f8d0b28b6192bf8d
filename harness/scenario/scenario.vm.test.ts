import { expect } from 'vitest'
import { ownHost } from '../testing/own-host.js'
import { pocketContract } from '../testing/pocket.js'
import { defineTopology } from '../cluster/index.js'
import { scenario } from './scenario.js'

ownHost({ cache: 'cache' })

const role = { image: 'pocket', role: 'pocket' }
const test = scenario(
  defineTopology({
    name: 'named',
    contract: pocketContract,
    nodes: {
      one: { ...role, address: '192.168.7.2' },
      'compute-2': { ...role, address: '192.168.7.4' },
      evidence: { ...role, address: '192.168.7.6' },
    },
  }),
)

test('every node is found in `nodes`, and by its own name where that is a word and free', async ({
  evidence,
  nodes,
  one,
}) => {
  expect(one).toBe(nodes.one)
  expect(await one.run`hostname`).toBe('one')
  expect(await nodes['compute-2'].run`hostname`).toBe('compute-2')
  expect(await nodes.evidence.run`hostname`).toBe('evidence')
  // A folder still: the name was not the node's to take.
  expect(evidence).toMatch(/results/)
})
