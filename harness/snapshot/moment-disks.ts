import { renameSync, symlinkSync } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { backingFile } from '../images/index.js'
import { createLayer, sizeOfDisk, type Machine } from '../qemu/index.js'

/** The disk of a node, while it is cut: what was written so far becomes a layer that nobody writes to any more. */
export interface Cut {
  /** What will be cut off and all layers below it, by their names beside the disk, the lowest first. */
  layers: string[]
  /** Sends all further writes to a new layer; the node must stand still. */
  perform: () => Promise<void>
}

/**
 * Makes the next layer of a disk. All layers lie beside it; `disk` itself is the uppermost, or a link to it, so that a node
 * that is switched on again finds what it has written.
 */
export async function prepareCut(machine: Machine, disk: string): Promise<Cut> {
  const { node, size, backing } = await blockNode(machine)
  const next = await nextLayers(disk, { size, backing })
  const perform = async (): Promise<void> => {
    await machine.qmp.execute('blockdev-snapshot-sync', {
      'node-name': node,
      'snapshot-file': join(dirname(disk), next.above),
      'snapshot-node-name': `layer${numberOf(next.above)}`,
      ...{ format: 'qcow2', mode: 'existing' },
    })
    // Not before: QEMU opens the old layer anew by its name, to read only.
    putOnTop(disk, next)
  }
  return { layers: next.layers, perform }
}

/** The same of a node that is off: nobody has its disk open, nor must anybody open it before the cut is made. */
export async function prepareCutOff(disk: string): Promise<Cut> {
  const size = await sizeOfDisk(disk, { format: 'qcow2', from: disk })
  const next = await nextLayers(disk, { size, backing: (await backingFile(disk)) ?? '' })
  const perform = (): Promise<void> => {
    putOnTop(disk, next)
    return Promise.resolve()
  }
  return { layers: next.layers, perform }
}

/** What was cut off gets its own name; the disk leads to the empty layer. */
function putOnTop(disk: string, { layer, above, linked }: Layers): void {
  if (!linked) renameSync(disk, join(dirname(disk), layer))
  symlinkSync(above, `${disk}.next`)
  renameSync(`${disk}.next`, disk)
}

interface Layers {
  /** As a cut has them. */
  layers: string[]
  /** What will be cut off, and the empty one above it. */
  layer: string
  above: string
  /** Whether the disk was cut before, and is a link to its uppermost layer. */
  linked: boolean
}

async function nextLayers(
  disk: string,
  { size, backing }: { size: number; backing: string },
): Promise<Layers> {
  const linked = (await lstat(disk)).isSymbolicLink()
  const layer = linked ? await readlink(disk) : nextLayer(disk, highestIn(backing))
  const above = nextLayer(disk, numberOf(layer))
  await createLayer(join(dirname(disk), above), layer, size)
  const layers = Array.from({ length: numberOf(layer) + 1 }, (_, number) => nextLayer(disk, number - 1))
  return { layers, layer, above, linked }
}

interface BlockDevice {
  inserted?: {
    'node-name': string
    drv: string
    image: { 'virtual-size': number; 'backing-filename'?: string }
  }
}

/** The one disk of a machine (QEMU QMP Reference Manual, query-block); runqemu lets QEMU call it as it likes. */
async function blockNode(machine: Machine): Promise<{ node: string; size: number; backing: string }> {
  const devices = await machine.qmp.execute<BlockDevice[]>('query-block')
  const [inserted] = devices.flatMap((device) => device.inserted ?? [])
  if (!inserted) throw new TypeError(`${machine.spec.name} has no disk`)
  const { 'node-name': node, drv, image } = inserted
  if (drv === 'blkdebug') {
    throw new StackrigError(
      'USAGE',
      'a moment can be taken of disks without errors that were put into them',
      {
        where: `node ${machine.spec.name}`,
        next: 'heal the faults on its disk before',
      },
    )
  }
  return { node, size: image['virtual-size'], backing: image['backing-filename'] ?? '' }
}

/** The number of the layer below a disk that was not cut yet: a fork of a moment has some. */
const highestIn = (backing: string): number => (/\.qcow2\.layer\d+$/.test(backing) ? numberOf(backing) : -1)

const nextLayer = (disk: string, number: number): string => `${basename(disk)}.layer${number + 1}`
const numberOf = (layer: string): number => Number(/\.layer(\d+)$/.exec(layer)?.[1])
