import { describe, expect, it } from 'vitest'
import { serverFailure, serverFields, serverSchema } from './server.js'

// The answer of "Show server details" at microversion 2.1, shortened to what is read.
const body = {
  id: '9168b536-cd40-4630-b43f-b259807c6e87',
  name: 'web',
  status: 'ACTIVE',
  created: '2019-04-23T15:19:14Z',
  image: { id: '70a599e0-31e7-49b7-b260-868f441e862b', links: [] },
  flavor: { id: '1', links: [] },
  addresses: {
    private: [
      {
        addr: '10.0.0.5',
        version: 4,
        'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:8b:2a:01',
        'OS-EXT-IPS:type': 'fixed',
      },
      {
        addr: '203.0.113.7',
        version: 4,
        'OS-EXT-IPS-MAC:mac_addr': 'fa:16:3e:8b:2a:01',
        'OS-EXT-IPS:type': 'floating',
      },
    ],
  },
  'OS-EXT-AZ:availability_zone': 'nova',
  'OS-EXT-SRV-ATTR:host': 'compute',
  'OS-EXT-SRV-ATTR:instance_name': 'instance-00000001',
  'OS-EXT-STS:task_state': null,
  'OS-EXT-STS:vm_state': 'active',
}

describe('serverFields', () => {
  it('gives the fields whole names', () => {
    expect(serverFields(serverSchema.parse(body))).toMatchObject({
      host: 'compute',
      instanceName: 'instance-00000001',
      taskState: undefined,
      imageId: body.image.id,
      addresses: [
        { network: 'private', address: '10.0.0.5', mac: 'fa:16:3e:8b:2a:01', type: 'fixed' },
        { network: 'private', address: '203.0.113.7', type: 'floating' },
      ],
    })
  })

  it('takes what an ordinary user sees of an instance booted from a volume', () => {
    const { id, name, status, created, flavor } = body
    const seen = serverSchema.parse({ id, name, status, created, flavor, image: '', addresses: {} })
    expect(serverFields(seen)).toMatchObject({
      imageId: undefined,
      host: undefined,
      instanceName: '',
      addresses: [],
    })
  })
})

describe('serverFailure', () => {
  it('is the fault of a server in ERROR', () => {
    const fault = { code: 500, message: 'No valid host was found. ', created: '2019-04-23T15:19:14Z' }
    expect(serverFailure(serverSchema.parse({ ...body, status: 'ERROR', fault }))).toBe(
      'No valid host was found.',
    )
    expect(serverFailure(serverSchema.parse({ ...body, status: 'ERROR' }))).toBe('Nova gives no fault')
    expect(serverFailure(serverSchema.parse(body))).toBeUndefined()
  })
})
