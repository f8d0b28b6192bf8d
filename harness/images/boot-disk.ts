import type { StackrigError } from '../errors/index.js'
import { cannot, diskType } from './boot-files.js'
import type { QemubootConf } from './qemuboot-conf.js'

/** QEMU's names of formats (QEMU docs, "Disk image file formats"). */
export type DiskFormat = 'raw' | 'qcow2' | 'vmdk' | 'vdi' | 'vpc' | 'vhdx'

/** The controller that a disk hangs on: the kernel's words or its boot loader name the root by it. */
export type DiskBus = 'virtio' | 'scsi' | 'ide'

/**
 * How runqemu gives QEMU the disk (setup_rootfs): one with a boot loader as `qb_drive_type` says, and any other as `qb_rootfs_opt` does.
 * @throws StackrigError QEMUBOOT_INVALID for a bus that is none here, or no disk at all.
 */
export function diskBus(conf: QemubootConf): DiskBus {
  const { type, ownLoader } = diskType(conf)
  if (!hasDriveType(type, ownLoader)) return busOfArguments(conf)
  if (type === 'iso') return 'virtio'
  const given = conf.get('qb_drive_type')
  if (!conf.does('drive type', 'qb_drive_type')) return 'virtio'
  if (given === undefined)
    throw cannot(conf, `qb_drive_type is missing, and runqemu starts a ${type} without its disk then`)
  if (given.startsWith('/dev/sd')) return 'scsi'
  if (given.startsWith('/dev/vdb') && conf.does('disk without PCI', given)) throw otherBus(conf, given)
  if (given.startsWith('/dev/mmcblk') && conf.does('SD card', given)) throw otherBus(conf, given)
  if (!given.startsWith('/dev/hd')) return 'virtio'
  if (conf.does('ide disk', given)) return 'ide'
  throw cannot(
    conf,
    `qb_drive_type is ${given}, and runqemu of pyro calls QEMU with a line that has no disk then`,
  )
}

/** runqemu takes `wic.` off a type before it looks whether that has a boot loader, so `wic.vmdk` is given as a file system is. */
const hasDriveType = (type: string, ownLoader: boolean): boolean => ownLoader && !type.startsWith('wic.')

/** The bus of `qb_rootfs_opt`; runqemu's own without one is virtio. */
function busOfArguments(conf: QemubootConf): DiskBus {
  const words = conf.get('qb_rootfs_opt')
  if (words === undefined) return 'virtio'
  // QEMU's own bus of a drive is IDE.
  const [, bus = 'ide'] = /(?:^|[\s,])if=(\w+)/.exec(words) ?? []
  if (bus === 'virtio' || bus === 'ide') return bus
  const [, device] =
    /-device\s+(?:virtio-scsi\S*\s+-device\s+)?(virtio-blk(?:-pci)?|scsi-hd|ide-hd)(?:,|$)/.exec(words) ?? []
  if (bus !== 'none' || device === undefined) throw otherBus(conf, words)
  return device.startsWith('virtio') ? 'virtio' : device === 'scsi-hd' ? 'scsi' : 'ide'
}

/** A disk's format, which its name need not tell: runqemu looks for `NAME.ext4`, whatever that is kept in. */
export function diskFormat(conf: QemubootConf, rootfs: string): DiskFormat {
  const { type, ownLoader } = diskType(conf)
  const [, said] =
    /[\s,]format=(raw|qcow2|vmdk|vdi|vpc|vhdx)\b/.exec(
      hasDriveType(type, ownLoader) ? '' : (conf.get('qb_rootfs_opt') ?? ''),
    ) ?? []
  if (said !== undefined) return said as DiskFormat
  const [, end = rootfs.endsWith('.qcow2') ? 'qcow2' : 'raw'] =
    /^(?:wic\.)?(vmdk|vdi|vhdx|vhd|qcow2)$/.exec(type) ?? []
  // Microsoft's older format has another name in QEMU, which runqemu does not know.
  return end === 'vhd' ? 'vpc' : (end as DiskFormat)
}

/**
 * Refuses what runqemu gives QEMU beside kernel and disk, and stackrig does not: a firmware, a device tree, a root that is no name.
 * @throws StackrigError QEMUBOOT_INVALID
 */
export function refuseOtherFiles(conf: QemubootConf): void {
  for (const key of ['bios', 'qb_default_bios', 'device_tree', 'qb_dtb']) {
    const given = conf.get(key)
    if (given !== undefined && given !== 'none')
      throw cannot(
        conf,
        `${key} is ${given}, and stackrig gives QEMU no firmware and no device tree of an image`,
      )
  }
  // Asked here, so that a root of which nothing can be known is told before a node is to start.
  if (conf.raw('qb_kernel_root') === '' || conf.root === '')
    throw cannot(
      conf,
      'qb_kernel_root is empty, and the kernel is told of no root; leave the key out for /dev/vda',
    )
}

const otherBus = (conf: QemubootConf, seen: string): StackrigError =>
  cannot(conf, `stackrig has disks on virtio, SCSI and IDE, and it says ${seen}`)
