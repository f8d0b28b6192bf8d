import { test } from 'vitest'
import { StackrigError } from '../errors/index.js'
import { resource, type Fresh } from '../openstack/resource.js'
import { expect } from './matchers.js'

const fields = { id: '1', name: 'web', status: 'BUILD' }

test('a node that crashed is no answer, also when the contrary is expected', async () => {
  const crash = new StackrigError('NODE_CRASHED', 'node controller must run, but crashed')
  const server = resource('server', fields, undefined, () => Promise.reject(crash))
  await expect(expect(server).toBecome('ERROR')).rejects.toBe(crash)
  await expect(expect(server).not.toBecome('ERROR')).rejects.toBe(crash)
  await expect(expect(server).not.toBeGone()).rejects.toBe(crash)
})

test('a service that did not answer at the end of the wait is no answer either', async () => {
  const silent = new StackrigError('API_FAILED', 'GET /servers/1 was not answered')
  const server = resource('server', fields, undefined, () => Promise.reject(silent))
  await expect(expect(server).not.toBecome('ERROR', { timeout: 50 })).rejects.toMatchObject({
    code: 'WAIT_TIMEOUT',
    cause: silent,
  })
  const building: Fresh<typeof fields> = resource('server', fields, undefined, () =>
    Promise.resolve(building),
  )
  await expect(building).not.toBecome('ERROR', { timeout: 50 })
})

test('a server that cannot get there any more is one', async () => {
  const failed: Fresh<typeof fields> = resource('server', { ...fields, status: 'ERROR' }, 'no host', () =>
    Promise.resolve(failed),
  )
  await expect(failed).not.toBecome('ACTIVE')
  await expect(expect(failed).toBecome('ACTIVE')).rejects.toThrow('ERROR: no host')
})
