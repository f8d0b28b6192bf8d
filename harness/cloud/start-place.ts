import type { MachineOptions, Topology } from '../cluster/index.js'
import { goldenFolder, keyParts, placeOfStage, snapshotKey, type KeyPart } from '../snapshot/index.js'
import { readinessName } from './prepare.js'
import { isStage, stageVersion, type Start } from './stage.js'

/** Where the golden snapshot of a topology or a stage lies, whether it is there or not, and what its key is made of. */
export interface StartPlace {
  key: string
  folder: string
  parts: KeyPart[]
}

export const topologyOf = (start: Start): Topology => (isStage(start) ? start.topology : start)

/** @param machines with the images of `imagesOf` */
export async function placeOfStart(start: Start, machines: MachineOptions): Promise<StartPlace> {
  const topology = topologyOf(start)
  const guest = machines.images.get('instance')
  const readiness = readinessName(guest?.rootfs)
  const key = await snapshotKey(topology, machines, readiness)
  const parts = await keyParts(topology, machines, readiness)
  if (!isStage(start)) return { key, folder: goldenFolder(topology, key), parts }
  const version = await stageVersion(start, guest)
  return {
    ...placeOfStage({ topology, key }, { name: start.name, version }),
    parts: [...parts, { what: 'the stage', value: version }],
  }
}

/** What of those parts is known before any image is there. */
export async function partsWithoutImages(
  start: Start,
  machines: Pick<MachineOptions, 'accelerator' | 'launcher'>,
): Promise<KeyPart[]> {
  const topology = topologyOf(start)
  const readiness = readinessName(topology.contract.cloud ? 'its disk' : undefined)
  const parts = await keyParts(topology, { ...machines, images: new Map() }, readiness)
  return isStage(start)
    ? [...parts, { what: 'the stage', value: await stageVersion(start, undefined) }]
    : parts
}
