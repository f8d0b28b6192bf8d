import { expect, test } from 'vitest'
import { aLook } from '../testing/looks.js'
import { service } from './service.js'

// Init systems are tried in cluster/services*.vm.test.ts: here is only what is made of their words.
const inState = (state: string) => ({
  name: 'compute',
  serviceState: () => Promise.resolve(state),
  serviceLog: (name: string) => Promise.resolve(`the log of ${name}`),
})

test('active is what is wanted, unless another state is', async () => {
  const condition = service(inState('active'), 'nova-compute')
  expect(condition.what).toBe('nova-compute on compute to be active')
  expect(await condition.probe(aLook())).toEqual({ done: true, value: 'active' })
  expect(await service(inState('activating'), 'nova-compute').probe(aLook())).toEqual({
    done: false,
    seen: 'nova-compute is activating',
  })
  expect(await service(inState('failed'), 'nova-compute', 'failed').probe(aLook())).toMatchObject({
    done: true,
  })
})

test('one that failed ends the wait with its log', async () => {
  expect(await service(inState('failed'), 'nova-compute').probe(aLook())).toEqual({
    impossible: 'nova-compute is failed: the log of nova-compute',
    code: 'SERVICE_DOWN',
  })
})
