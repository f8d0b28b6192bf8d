import { expect, test } from 'vitest'
import { defineTopology } from '../cluster/index.js'
import { pocketContract } from '../testing/pocket.js'
import { defineStage } from './stage.js'

const topology = defineTopology({
  name: 'pair',
  contract: pocketContract,
  nodes: { one: { image: 'pocket', role: 'pocket', address: '192.168.7.2' } },
})

test.each(['', 'Two', 'a b', '../up', '1st'])('a stage cannot have the name "%s"', (name) => {
  const stage = { name, topology, file: import.meta.url, reach: () => Promise.resolve() }
  expect(() => defineStage(stage)).toThrow(expect.objectContaining({ code: 'USAGE' }))
})
