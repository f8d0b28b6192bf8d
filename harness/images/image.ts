import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { diskType } from './boot-files.js'
import { readQemubootConf, type QemubootConf } from './qemuboot-conf.js'
import { StackrigError } from '../errors/index.js'

/** QEMU's names of formats (QEMU docs, "Disk image file formats"). */
export type DiskFormat = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vpc' | 'vhdx'

/** Something that can be booted: verified files, and how QEMU must be called. */
export interface Image {
  name: string
  role: string
  contract: string
  /** The folder everything lies in, like a Yocto deploy folder. */
  folder: string
  /** Missing when the disk has a boot loader that starts its own. */
  kernel?: string
  initrd?: string
  /** The disk with the root file system; missing when the initrd is the whole system. */
  rootfs?: string
  /** Its format for QEMU. */
  rootfsFormat?: DiskFormat
  /** The controller that the disk of an image with a boot loader hangs on, where that is not virtio. */
  diskBus?: 'scsi' | 'ide'
  conf: QemubootConf
  /** The address that an imported image was built for. */
  address?: string
  memoryMiB: number
  cpus: number
  /** The recipe's digest, or for an imported image the digest over its artefacts. */
  digest: string
  /** Differs between two builds of the same recipe: goes into the key of whatever depends on the very bytes. */
  build: string
}

/** What a build notes beside its artefacts, in `image.json`. */
const recordSchema = z.strictObject({
  name: z.string(),
  role: z.string(),
  contract: z.string(),
  digest: z.string(),
  build: z.string(),
  /** `name=version`, sorted. */
  packages: z.array(z.string()),
  /** What the build took, ms. */
  took: z.number(),
})

export type ImageRecord = z.infer<typeof recordSchema>

export const recordFile = 'image.json'

/** Reads the note of a build; undefined when there is none that makes sense. */
export function readRecord(folder: string): ImageRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(join(folder, recordFile), 'utf8')))
  } catch {
    return undefined
  }
}

/** The image in a folder that holds exactly one `*.qemuboot.conf`. Throws QEMUBOOT_INVALID. */
export function imageInFolder(
  folder: string,
  identity: Pick<Image, 'name' | 'role' | 'contract' | 'digest' | 'build'>,
  confFile?: string,
): Image {
  const confs = readdirSync(folder).filter((file) => file.endsWith('.qemuboot.conf'))
  const name = confFile ?? (confs.length === 1 ? confs[0] : undefined)
  if (name === undefined) {
    throw new StackrigError(
      'QEMUBOOT_INVALID',
      'A folder of an image holds one *.qemuboot.conf, or the source names it.',
      {
        where: folder,
        seen: confs.join('\n') || 'none',
      },
    )
  }
  const conf = readQemubootConf(join(folder, name))
  const { kernel, initrd, rootfs } = conf
  const bus = diskBus(conf)
  return {
    ...identity,
    folder,
    ...(kernel === undefined ? {} : { kernel }),
    ...(bus === undefined ? {} : { diskBus: bus }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(rootfs === undefined || conf.isInitramfs ? {} : { rootfs, rootfsFormat: formatOf(conf, rootfs) }),
    conf,
    memoryMiB: conf.memoryMiB,
    cpus: conf.cpus,
  }
}

/** What runqemu hangs a whole disk on (setup_rootfs, QB_DRIVE_TYPE): its own boot loader names the root by it. */
function diskBus(conf: QemubootConf): 'scsi' | 'ide' | undefined {
  if (!diskType(conf).ownLoader) return undefined
  const given = conf.get('qb_drive_type') ?? ''
  if (given.startsWith('/dev/sd')) return 'scsi'
  return given.startsWith('/dev/hd') ? 'ide' : undefined
}

/** A disk's format, which its name need not tell: runqemu looks for `NAME.ext4`, whatever that is kept in. */
function formatOf(conf: QemubootConf, rootfs: string): DiskFormat {
  const said = /\bformat=qcow2\b/.test(conf.get('qb_rootfs_opt') ?? '')
  if (said || rootfs.endsWith('.qcow2')) return 'qcow2'
  const [, end] = /^wic\.(vmdk|vdi|vhdx|vhd)$/.exec(diskType(conf).type) ?? []
  // Microsoft's older format has another name in QEMU.
  return end === 'vhd' ? 'vpc' : ((end as 'vmdk' | 'vdi' | 'vhdx' | undefined) ?? 'raw')
}
