import { join } from 'node:path'
import { bootCluster, defineTopology, type Cluster } from '../cluster/index.js'
import { importImages, readLock, verifyImage } from '../images/index.js'
import { pocketContract, pocketHost } from './pocket.js'

/** One node of an imported image. */
export const one = defineTopology({
  name: 'one',
  contract: pocketContract,
  nodes: { one: { image: 'theirs', role: 'pocket', address: '192.168.7.2' } },
})

/** Imports the only image of a deploy folder, and boots a node of it. */
export async function bootImported(deploy: string, release?: string): Promise<Cluster<'one'>> {
  const lock = join(deploy, '..', `${deploy.split('/').at(-1) ?? ''}.lock`)
  await importImages(deploy, {
    ...{ contract: 'pocket', roles: { theirs: 'pocket' }, file: lock, trust: true },
    ...(release !== undefined && { release }),
  })
  const { image } = await verifyImage('theirs', { lock: readLock(lock) })
  return bootCluster(one, { ...(await pocketHost()), images: new Map([['theirs', image]]) })
}
