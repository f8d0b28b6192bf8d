import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importImages, readLock, verifyImage } from '../images/index.js'
import { bootCluster } from './boot.js'
import { ownHost } from '../testing/own-host.js'
import { pair, pocketHost } from '../testing/pocket.js'

const { folder } = ownHost()

// Built images lie in folders like a build's deploy folder: what is imported from one boots like any other's.
test('an image of a deploy folder boots', async () => {
  const host = await pocketHost()
  const lock = join(folder, 'images.lock')
  const deployFolder = host.images.get('pocket')?.folder ?? ''
  await importImages(deployFolder, {
    contract: 'pocket',
    roles: { pocket: 'pocket' },
    renames: { pocket: 'theirs' },
    file: lock,
  })
  const { image } = await verifyImage('theirs', { lock: readLock(lock) })
  await using cluster = await bootCluster(pair, { ...host, images: new Map([['pocket', image]]) })
  expect(await cluster.node('one').run`cat /proc/version`).toContain('Linux')
})
