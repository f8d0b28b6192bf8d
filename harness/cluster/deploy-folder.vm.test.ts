import { join } from 'node:path'
import { execa } from 'execa'
import { beforeAll, describe, expect, test } from 'vitest'
import { bootImported } from '../testing/import-one.js'
import { driversOf, layOutFileSystem, layOutWholeDisk } from '../testing/deploy-layouts.js'
import { ownHost } from '../testing/own-host.js'
import { pocketModules, pocketParts, type PocketParts } from '../testing/pocket-parts.js'

// Under RUNQEMU and STACKRIG_LAUNCHER=runqemu, the same by OpenEmbedded's script.
const { folder } = ownHost({ cache: 'own' })

let parts: PocketParts
let module: (name: string) => string | undefined
beforeAll(async () => {
  parts = await pocketParts()
  module = pocketModules(parts)
})

const drivers = (...names: string[]): string[] => driversOf(module, names)
const virtio = ['virtio_blk']
const scsi = '-device virtio-scsi-pci,id=scsi -device scsi-hd,drive=d'

describe('a root file system beside its kernel', () => {
  const expectRootOn = async (deploy: string, device: string): Promise<void> => {
    await using cluster = await bootImported(deploy)
    expect(await cluster.node('one').run`cat /etc/on-disk`).toBe('yes')
    expect(await cluster.node('one').run`grep ${` / ext4 rw`} /proc/mounts`).toContain(device)
  }

  test('ext4 with links, as kirkstone leaves it', async () => {
    const deploy = join(folder, 'kirkstone')
    await layOutFileSystem({ folder: deploy, conf: {} }, parts, drivers(...virtio))
    await expectRootOn(deploy, '/dev/vda')
  })

  test('ext4.gz in a folder without links', async () => {
    const deploy = join(folder, 'packed')
    const conf = { qb_default_fstype: 'ext4.gz' }
    await layOutFileSystem({ folder: deploy, conf }, parts, drivers(...virtio), false)
    await execa('gzip', ['-1', join(deploy, 'theirs-20200401093000.ext4')])
    await expectRootOn(deploy, '/dev/vda')
  })

  test.each([
    ['SCSI', '/dev/sda', `-drive id=d,file=@ROOTFS@,if=none,format=raw ${scsi}`, ['virtio_scsi', 'sd_mod']],
    ['IDE', '/dev/sda', '-drive file=@ROOTFS@,if=ide,format=raw', ['ata_piix', 'sd_mod']],
  ])('a root on %s', async (bus, device, options, modules) => {
    const deploy = join(folder, bus)
    const conf = { qb_kernel_root: device, qb_rootfs_opt: options }
    await layOutFileSystem({ folder: deploy, conf }, parts, drivers(...modules))
    await expectRootOn(deploy, device)
  })
})

describe('a whole disk, whose own boot loader starts its own kernel with its own words', () => {
  const words = (mark: string): string =>
    `console=ttyS0 net.ifnames=0 ip=192.168.7.2::192.168.7.1:255.255.255.0:one:eth0:off mark=${mark}`

  test.each([
    ['wic as dunfell leaves it, without links', 'wic', '/dev/vd', 'dunfell'],
    ['wic.vmdk', 'wic.vmdk', '/dev/vd', 'kirkstone'],
    ['wic on SCSI', 'wic', '/dev/sd', 'dunfell'],
    ['wic on IDE', 'wic', '/dev/hd', 'dunfell'],
  ])('%s', async (name, type, drive, release) => {
    const deploy = join(folder, name.replace(/\W+/g, '-'))
    const conf = { qb_default_fstype: type, qb_drive_type: drive }
    await layOutWholeDisk({ folder: deploy, conf }, parts, words(release))
    await using cluster = await bootImported(deploy, release)
    expect(await cluster.node('one').run`cat /proc/cmdline`).toContain(`mark=${release}`)
  })
})
