import { expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { serverStatus } from './server-status.js'

test('Nova is asked for the server, whatever it was when it was given', async () => {
  const now = { status: 'ACTIVE', failure: undefined, addresses: ['10.0.0.5'] }
  const asked: string[] = []
  const nova = { get: (id: string) => (asked.push(id), Promise.resolve(now)) }
  const condition = serverStatus(nova, { id: 'b1f5', name: 'web' }, 'ACTIVE')
  expect(condition.what).toBe('server web (b1f5) to become ACTIVE')
  expect(await condition.probe(aLook())).toEqual({ done: true, value: now })
  expect(asked).toEqual(['b1f5'])
})

test('one in ERROR cannot get there', async () => {
  const nova = { get: () => Promise.resolve({ status: 'ERROR', failure: 'No valid host was found' }) }
  expect(await serverStatus(nova, { id: '1', name: 'web' }, 'ACTIVE').probe(aLook())).toEqual({
    impossible: 'ERROR: No valid host was found',
  })
})
