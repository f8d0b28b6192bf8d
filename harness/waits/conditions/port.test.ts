import { expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { port, type PortNode } from './port.js'

// The agent of a sandbox is tried in cluster/conditions.vm.test.ts: here is only what is made of its answers.
const answering = (answer: { open: boolean; seen?: string }): PortNode & { timeouts: number[] } => {
  const timeouts: number[] = []
  return {
    name: 'one',
    timeouts,
    tryPort: (_, { timeout }) => {
      timeouts.push(timeout)
      return Promise.resolve(answer)
    },
  }
}

test('an open port is there, of a closed one it is told what it did', async () => {
  expect(port(answering({ open: true }), 80).what).toBe('port 80 of one')
  expect(await port(answering({ open: true }), 80).probe(aLook())).toMatchObject({ done: true })
  const refused = answering({ open: false, seen: 'ECONNREFUSED' })
  expect(await port(refused, 80).probe(aLook())).toEqual({ done: false, seen: 'ECONNREFUSED' })
  expect(await port(answering({ open: false }), 80).probe(aLook())).toEqual({
    done: false,
    seen: 'no answer',
  })
})

test('one try leaves time to tell what it has seen', async () => {
  const node = answering({ open: false })
  await port(node, 80).probe(aLook(100))
  await port(node, 80).probe(aLook())
  expect(node.timeouts).toEqual([50, 1000])
})
