import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { diskBus, diskFormat, refuseOtherFiles, type DiskBus, type DiskFormat } from './boot-disk.js'
import { readQemubootConf, type QemubootConf } from './qemuboot-conf.js'
import { StackrigError } from '../errors/index.js'

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
  /** The controller that the disk hangs on, where that is not virtio. */
  diskBus?: Exclude<DiskBus, 'virtio'>
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

/** Which image it is, and what an import said of it. */
export interface ImageIdentity extends Pick<Image, 'name' | 'role' | 'contract' | 'digest' | 'build'> {
  /** The release of OpenEmbedded that built it; without, the conf's keys say it. */
  release?: string | undefined
  /** MiB, instead of what the conf says. */
  memoryMiB?: number | undefined
}

/** The image in a folder that holds exactly one `*.qemuboot.conf`. Throws QEMUBOOT_INVALID. */
export function imageInFolder(folder: string, identity: ImageIdentity, confFile?: string): Image {
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
  const { release, memoryMiB, ...rest } = identity
  const conf = readQemubootConf(join(folder, name), release)
  refuseOtherFiles(conf)
  const { kernel, initrd, rootfs } = conf
  return {
    ...rest,
    folder,
    ...(kernel === undefined ? {} : { kernel }),
    ...(initrd === undefined ? {} : { initrd }),
    ...(rootfs === undefined || conf.isInitramfs ? {} : diskOf(conf, rootfs)),
    conf,
    memoryMiB: memoryMiB ?? conf.memoryMiB,
    cpus: conf.cpus,
  }
}

function diskOf(conf: QemubootConf, rootfs: string): Pick<Image, 'rootfs' | 'rootfsFormat' | 'diskBus'> {
  const bus = diskBus(conf)
  return { rootfs, rootfsFormat: diskFormat(conf, rootfs), ...(bus !== 'virtio' && { diskBus: bus }) }
}
