import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { hostFault } from '../errors/index.js'
import { backingFile, type QemubootConf } from '../images/index.js'
import type { View } from '../sandbox/index.js'
import type { MachineSpec } from './command.js'
import { findRunqemu } from './runqemu.js'

/** What QEMU must see to run a machine, beside its firmware and the folder of its sandbox. */
export async function viewOf(spec: MachineSpec): Promise<View & { writes: string[] }> {
  const { kernel, initrd } = spec.image
  const writes = [
    spec.consoleLog,
    // QEMU 7.2 opens it to write also where it maps it privately, and nothing that a guest writes gets into it.
    spec.memory.file,
    ...(spec.disk === undefined ? [] : [spec.disk]),
    ...(spec.packets === undefined ? [] : [spec.packets]),
  ]
  const reads = [kernel, initrd, ...(spec.disk === undefined ? [] : await disksBelow(spec.disk))]
  return spec.launcher === 'runqemu'
    ? { writes, reads: [...reads, ...filesOfRunqemu(spec.image.conf)], scratch: locksOfRunqemu }
    : { writes, reads }
}

/** The disks that a disk lies on, down to that of its image: QEMU opens them to read only. */
async function disksBelow(disk: string): Promise<string[]> {
  const found: string[] = []
  for (let above = disk; existsSync(above);) {
    const name = await backingFile(above).catch((error: unknown) => {
      throw hostFault(error, 'the disks of a node must be read', above)
    })
    // A name without a folder is that of a file beside the disk that names it (QEMU docs, "qemu-img create", -b).
    const below = name === undefined ? undefined : resolve(dirname(above), name)
    if (below === undefined || found.includes(below)) break
    found.push(below)
    above = below
  }
  return found
}

/**
 * Under runqemu a conf is code: it may name a QEMU of the build with all that it is made of, and any file that this shall be given.
 * A program that is told to be loaded by the build's own loader (uninative.bbclass) finds its libraries beside that.
 */
function filesOfRunqemu(conf: QemubootConf): string[] {
  const script = findRunqemu()
  const loader = conf.get('uninative_loader')
  const named = Object.values(conf.resolved()).flatMap(
    (value) => value.match(/(?<![^\s=,:"'])\/[^\s=,:"']+/g) ?? [],
  )
  return [script, dirname(script), ...(loader === undefined ? [] : [dirname(loader)]), ...named]
}

/** Where runqemu notes which ports and taps are taken: it looks for some even where it is told to use none. */
const locksOfRunqemu = ['/tmp/qemu-port-locks', '/tmp/qemu-tap-locks']
