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

test('a server that cannot get there any more is one', async () => {
  const failed: Fresh<typeof fields> = resource('server', { ...fields, status: 'ERROR' }, 'no host', () =>
    Promise.resolve(failed),
  )
  await expect(failed).not.toBecome('ACTIVE')
  await expect(expect(failed).toBecome('ACTIVE')).rejects.toThrow('ERROR: no host')
})
