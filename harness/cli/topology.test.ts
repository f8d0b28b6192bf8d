import { expect, test } from 'vitest'
import { topologyText } from './topology.js'
import type { ImagesLock } from '../images/index.js'

const entry = (role: string, address?: string, contract = 'debian-zed') => ({
  ...{ role, contract, folder: '/deploy', conf: 'x.qemuboot.conf', sha256: {} },
  ...(address && { address }),
})
const lock = (images: ImagesLock['images']): ImagesLock => ({ version: 1, images })

test('a topology has a node for each image, at the address it was built for', () => {
  const text = topologyText(
    'my-cloud',
    lock({
      'image-network': entry('network'),
      'image-compute': entry('compute', '192.168.7.4'),
      'image-controller': entry('controller', '192.168.7.2'),
    }),
  )
  expect(text).toContain(`export const myCloud = defineTopology({
  name: 'my-cloud',
  contract: contractNamed('debian-zed'),
  nodes: {
    controller: { image: 'image-controller', role: 'controller', address: '192.168.7.2' },
    compute: { image: 'image-compute', role: 'compute', address: '192.168.7.4' },
    network: { image: 'image-network', role: 'network', address: '192.168.7.6' },
  },
})`)
})

test('is refused without images, with two contracts, and with a name that is none', () => {
  expect(() => topologyText('x', lock({}))).toThrow(/images import/)
  const two = lock({ a: entry('controller'), b: entry('compute', undefined, 'pocket') })
  expect(() => topologyText('x', two)).toThrow(/debian-zed, pocket[\s\S]*--contract/)
  expect(topologyText('x', two, 'pocket')).toContain("'b'")
  expect(() => topologyText('../x', two)).toThrow(/lower case/)
})
