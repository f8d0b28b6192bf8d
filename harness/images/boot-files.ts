import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, isAbsolute, join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { firstRelease, type Habit } from './openembedded-release.js'
import type { QemubootConf } from './qemuboot-conf.js'

/**
 * How a disk is compressed, by the end of its name, and the program that takes it apart. Only `.zst` is known to
 * runqemu (since whinlatter).
 */
export const compressions: Readonly<Record<string, string>> = {
  zst: 'zstd',
  gz: 'gzip',
  bz2: 'bzip2',
  xz: 'xz',
}

/** Whole disks with a boot loader of their own: QEMU is given no kernel (runqemu, vmtypes and wictypes). */
const wholeDisk = /^(?:hddimg|iso|wic(?:\.(?:vmdk|qcow2|vdi|vhd|vhdx))?)$/
const fileSystem = /^(?:ext[234]|btrfs|squashfs|erofs|f2fs|xfs|cpio(?:\.gz)?|none)$/
/** Without `wic.` a whole disk once, and since rocko a disk beside a kernel. */
const format = /^(?:vmdk|qcow2|vdi)$/

/** What a root file system is kept in. */
export interface DiskType {
  /** As its file ends, without a compression: `ext4`, `wic.vmdk`, `cpio.gz`. */
  type: string
  /** `zst`, …; the file has to be taken apart before QEMU can read it. */
  compression: string | undefined
  /** Whether its own boot loader starts the kernel. */
  ownLoader: boolean
}

/** The type of the root file system. @throws StackrigError QEMUBOOT_INVALID for one that cannot be booted here. */
export function diskType(conf: QemubootConf): DiskType {
  const given = conf.require('qb_default_fstype')
  const [, plain = given, end] = /^(.+)\.([a-z0-9]+)$/.exec(given) ?? []
  const compression = end !== undefined && !conf.isInitramfs && end in compressions ? end : undefined
  const type = compression === undefined ? given : plain
  if (!wholeDisk.test(type) && !fileSystem.test(type) && !format.test(type)) {
    throw cannot(
      conf,
      `qb_default_fstype is ${given}; known are ext4 and its like, wic, wic.vmdk, wic.qcow2, cpio.gz, disks also with ${Object.keys(compressions).join(', ')}`,
    )
  }
  refuseWhatItsRunqemuCannot(conf, type)
  return { type, compression, ownLoader: hasOwnLoader(conf, type) }
}

function hasOwnLoader(conf: QemubootConf, type: string): boolean {
  if (format.test(type)) return !conf.does('wic in a format', type)
  return wholeDisk.test(type) && !(type.startsWith('wic') && kernelIsApart(conf))
}

function refuseWhatItsRunqemuCannot(conf: QemubootConf, type: string): void {
  const habit = /^wic\.vhdx?$/.test(type) ? 'wic.vhd' : type === 'iso' ? 'iso on virtio' : 'wic in a format'
  if (!/^(?:wic\.|iso$)/.test(type) || conf.does(habit, type)) return
  throw cannot(
    conf,
    `qb_default_fstype is ${type}, which runqemu before ${firstRelease(habit)} calls QEMU with as with ${
      type === 'iso' ? 'a CD without a disk' : 'a raw disk beside a kernel'
    }; build the plain wic`,
  )
}

/** The last word on `wic` wins (runqemu, check_fstype). */
function kernelIsApart(conf: QemubootConf): boolean {
  const flags = (conf.get('qb_fsinfo') ?? '')
    .split(/\s+/)
    .filter((flag) => /^wic:(?:no-)?kernel-in-fs$/.test(flag))
  return flags.at(-1) === 'wic:no-kernel-in-fs' && conf.does('wic flags', 'wic:no-kernel-in-fs')
}

/** The root file system (runqemu, check_rootfs). @throws StackrigError QEMUBOOT_INVALID, IMAGE_MISSING */
export function findRootfs(conf: QemubootConf): string | undefined {
  if (conf.get('qb_rootfs') === 'none' && conf.does('no root file system', 'qb_rootfs = none'))
    return undefined
  const { type, compression } = diskType(conf)
  if (type === 'none') {
    if (conf.does('no root file system', 'qb_default_fstype = none')) return undefined
    throw cannot(conf, 'qb_default_fstype is none, which runqemu of morty looks for a file of')
  }
  const end = `.${compression ? `${type}.${compression}` : type}`
  const [name, link] = [conf.get('image_name'), conf.get('image_link_name')]
  const given = namedFile(conf, 'rootfs', 'rootfs by path')
  if (given !== undefined) {
    if (isFile(given)) return given
    throw new StackrigError(
      'IMAGE_MISSING',
      'The root file system that a qemuboot.conf names must be there.',
      {
        where: conf.file,
        seen: `no ${given}`,
        next: 'copy it there from the build, or leave the key rootfs out',
      },
    )
  }
  if (name === undefined && link === undefined)
    throw cannot(conf, 'the keys rootfs, image_link_name and image_name are all missing')
  for (const stem of [name, link]) {
    const found = stem === undefined ? [] : inFolder(conf.folder, stem, end)
    const exact = found.find((file) => [`${stem}${end}`, `${stem}.rootfs${end}`].includes(file)) ?? found[0]
    if (exact === undefined) continue
    if (found.length > 1 && !exactly(exact, stem ?? '', end) && differ(conf.folder, found))
      throw cannot(
        conf,
        `several files are called ${stem}*${end}: ${found.join(', ')}; image_link_name must name one`,
      )
    return join(conf.folder, exact)
  }
  throw new StackrigError('IMAGE_MISSING', 'The root file system that a qemuboot.conf names must be there.', {
    where: conf.file,
    seen: `no ${[name, link].filter(Boolean).join(`*${end} and no `)}*${end} in ${conf.folder}\n${otherTypes(conf, name, link)}`,
    next: otherTypes(conf, name, link)
      ? `write its type into qb_default_fstype of ${basename(conf.file)}, or add ${end.slice(1)} to IMAGE_FSTYPES and build again`
      : 'copy it there from the build',
  })
}

/** A file that a conf names by its path. */
function namedFile(conf: QemubootConf, key: 'rootfs' | 'kernel', habit: Habit): string | undefined {
  const given = conf.get(key)
  if (given === undefined || !conf.does(habit, `the key ${key}`)) return undefined
  if (isAbsolute(given)) return given
  throw cannot(
    conf,
    `${key} is ${given}, which runqemu looks for in the folder that it is called in; write ../FOLDER/FILE or a whole path`,
  )
}

const exactly = (file: string, stem: string, end: string): boolean =>
  file === `${stem}${end}` || file === `${stem}.rootfs${end}`

const differ = (folder: string, files: string[]): boolean =>
  new Set(files.map((file) => realpathSync(join(folder, file)))).size > 1

/** Files of the image that have another type: its disk as something took it apart, or as another build kept it. */
function otherTypes(conf: QemubootConf, ...stems: (string | undefined)[]): string {
  const files = stems.flatMap((stem) => (stem ? inFolder(conf.folder, stem, '') : []))
  const disks = files.filter((file) => /\.(?:ext\d|wic|hddimg|cpio|btrfs|qcow2)(?:\.|$)/.test(file))
  return disks.length > 0 ? `there is ${[...new Set(disks)].join(', ')}` : ''
}

/**
 * The kernel (runqemu, check_kernel): the file's name in the conf's own folder, whatever folder the build wrote down;
 * else one called as its type. Undefined when none is wanted.
 * @throws StackrigError QEMUBOOT_INVALID, IMAGE_MISSING
 */
export function findKernel(conf: QemubootConf): string | undefined {
  if (diskType(conf).ownLoader) return undefined
  const given = namedFile(conf, 'kernel', 'kernel by path')
  if (given !== undefined) {
    if (isFile(given)) return given
    throw kernelMissing(conf, `no ${given}`)
  }
  const name = kernelName(conf)
  const type = conf.get('kernel_imagetype')
  if (!name && type === undefined)
    throw cannot(conf, 'the keys qb_default_kernel and kernel_imagetype are missing')
  const candidates = [
    ...[name, type ?? ''].filter((file) => file !== '' && isFile(join(conf.folder, file))),
    ...(type === undefined ? [] : inFolder(conf.folder, type, '')),
  ]
  const [found] = candidates
  if (found !== undefined) return join(conf.folder, found)
  throw kernelMissing(
    conf,
    `no ${[name, type && `${type}*`].filter(Boolean).join(', no ')} in ${conf.folder}`,
  )
}

/** What the file is called in the folder; a release that knows no `none` also takes a path for a name, and finds nothing. */
function kernelName(conf: QemubootConf): string {
  const given = conf.raw('qb_default_kernel') ?? ''
  const name = basename(given)
  if (name === given && name !== 'none') return name
  if (!conf.does('no kernel', `qb_default_kernel = ${given}`)) return name === given ? '' : given
  if (name !== 'none') return name
  throw cannot(
    conf,
    'qb_default_kernel is none, and the disk is a file system without a boot loader; name a kernel, or import the wic of the image (qb_default_fstype = wic)',
  )
}

const kernelMissing = (conf: QemubootConf, seen: string): StackrigError =>
  new StackrigError('IMAGE_MISSING', 'The kernel that a qemuboot.conf names must be there.', {
    where: conf.file,
    seen,
    next: 'copy it there from the build',
  })

/** Files of a folder with this beginning and end; those with the shortest name first, as links are called. */
function inFolder(folder: string, beginning: string, end: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.startsWith(beginning) && file.endsWith(end) && isFile(join(folder, file)))
    .sort((a, b) => a.length - b.length || a.localeCompare(b))
}

/** A name that no file can have, as one of 256 bytes or with a NUL in it, is that of none. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Of a conf that is no good for a boot here. @param problem a sentence without its full stop */
export function cannot(conf: QemubootConf, problem: string): StackrigError {
  return new StackrigError('QEMUBOOT_INVALID', `The qemuboot.conf cannot be used: ${problem}.`, {
    where: conf.file,
  })
}
