import { expect, test } from 'vitest'
import { findContractExport } from '../scenario/index.js'
import { importedImages, topologyText } from './topology.js'
import type { ImagesLock } from '../images/index.js'

const entry = (role: string, address?: string, contract = 'debian-zed') => ({
  ...{ role, contract, folder: '/deploy', conf: 'x.qemuboot.conf', sha256: {} },
  ...(address && { address }),
})
const lock = (images: ImagesLock['images']): ImagesLock => ({ version: 1, images })

test('a topology has a node for each image, at the address it was built for', async () => {
  const contract = await findContractExport('debian-zed')
  const images = importedImages(
    lock({
      'image-network': entry('network'),
      'image-compute': entry('compute', '192.168.7.4'),
      'image-controller': entry('controller', '192.168.7.2'),
    }),
  )
  const text = topologyText('my-cloud', images, contract)
  expect(text).toContain("import { debianZed } from '../contracts/debian-zed.js'")
  expect(text).toContain(`export const myCloud = defineTopology({
  name: 'my-cloud',
  contract: debianZed,
  nodes: {
    controller: { image: 'image-controller', role: 'controller', address: '192.168.7.2' },
    compute: { image: 'image-compute', role: 'compute', address: '192.168.7.4' },
    network: { image: 'image-network', role: 'network', address: '192.168.7.6' },
  },
})`)
})

test('is refused without images, with two contracts, and with a name that is none', async () => {
  expect(() => importedImages(lock({}))).toThrow(/images import/)
  const two = lock({ a: entry('controller'), b: entry('pocket', undefined, 'pocket') })
  expect(() => importedImages(two)).toThrow(/debian-zed, pocket[\s\S]*--contract/)
  const pocket = await findContractExport('pocket')
  expect(topologyText('x', importedImages(two, 'pocket'), pocket)).toContain("'b'")
  expect(() => topologyText('../x', importedImages(two, 'pocket'), pocket)).toThrow(/lower case/)
})
