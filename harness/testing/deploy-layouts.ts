import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { cpioArchive, type CpioEntry } from '../images/cpio.js'
import { loadOrder } from '../images/kernel.js'
import { formatQemubootConf } from '../images/index.js'
import type { PocketParts } from './pocket-parts.js'

/** A deploy folder with one image, whose system is that of the pocket image. */
export interface Layout {
  folder: string
  /** Key -> value, beside those of every conf here. */
  conf: Record<string, string>
}

const name = 'theirs'
const stamped = `${name}-20200401093000`

/** Writes the conf, and gives each file the name with the time, and the name without by a link. */
function finish({ folder, conf }: Layout, ends: readonly string[], links: boolean): void {
  const values = {
    machine: 'qemux86-64',
    deploy_dir_image: '.',
    image_name: stamped,
    image_link_name: name,
    kernel_imagetype: 'bzImage',
    serial_consoles: '115200;ttyS0',
    staging_bindir_native: '../../../work/x86_64-linux/usr/bin',
    qb_system_name: 'qemu-system-x86_64',
    qb_cpu: '-cpu qemu64',
    qb_mem: '-m 256',
    qb_default_kernel: 'bzImage',
    qb_drive_type: '/dev/vd',
    qb_kernel_cmdline_append: 'net.ifnames=0',
    ...conf,
  }
  writeFileSync(join(folder, `${stamped}.qemuboot.conf`), formatQemubootConf(values))
  if (links)
    for (const end of [...ends, 'qemuboot.conf'])
      symlinkSync(`${stamped}.${end}`, join(folder, `${name}.${end}`))
}

/** An initramfs that is the whole system, as an image whose programs are others. */
export function layOutInitramfs(folder: string, parts: PocketParts): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'bzImage'), readFileSync(parts.kernel))
  writeFileSync(join(folder, `${stamped}.cpio`), cpioArchive(parts.entries))
  finish({ folder, conf: { qb_default_fstype: 'cpio' } }, ['cpio'], true)
}

/** The root file system in ext4, and an initial RAM disk with the drivers of a bus that mounts what `root=` says. */
export async function layOutFileSystem(
  layout: Layout,
  parts: PocketParts,
  drivers: readonly string[],
  links = true,
): Promise<void> {
  const { folder } = layout
  const tree = join(folder, 'tree')
  mkdirSync(tree, { recursive: true })
  for (const entry of parts.entries) unpack(entry, tree)
  writeFileSync(join(tree, 'etc', 'on-disk'), 'yes\n')
  const disk = join(folder, `${stamped}.ext4`)
  await execa('mke2fs', ['-q', '-t', 'ext4', '-d', tree, disk, '48M'])
  await execa('rm', ['-rf', tree])
  writeFileSync(join(folder, 'bzImage'), readFileSync(parts.kernel))
  writeFileSync(join(folder, 'initrd'), cpioArchive(mounting(parts, drivers)))
  // Before kirkstone runqemu knew no word for the folder.
  const conf = {
    qb_default_fstype: 'ext4',
    qb_opt_append: `-initrd ${join(folder, 'initrd')}`,
    ...layout.conf,
  }
  finish({ folder, conf }, ['ext4'], links)
}

/** The parts with another first process, which goes on from the disk. */
function mounting({ entries }: PocketParts, drivers: readonly string[]): CpioEntry[] {
  const init = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
mode=ro
for word in $(cat /proc/cmdline); do
    case $word in root=*) root=\${word#root=} ;; ro | rw) mode=$word ;; esac
done
while [ ! -b "$root" ]; do sleep 0.1; done
mkdir /new
mount -t ext4 -o "$mode" "$root" /new
umount /proc /sys
exec switch_root /new /init
`
  const known =
    entries
      .find(({ path }) => path === 'modules/order')
      ?.content?.toString()
      .split('\n') ?? []
  return [
    ...entries,
    ...drivers.map((file): CpioEntry => ({
      path: `modules/${basename(file)}`,
      mode: 0o100644,
      content: readFileSync(file),
    })),
    {
      path: 'modules/order',
      mode: 0o100644,
      content: Buffer.from(
        `${[...known.filter(Boolean), ...drivers.map((file) => basename(file))].join('\n')}\n`,
      ),
    },
    { path: 'init', mode: 0o100755, content: Buffer.from(init) },
  ]
}

/** The modules of the pocket image's own kernel, with what they need, in order. */
export function driversOf(moduleFile: (name: string) => string | undefined, names: string[]): string[] {
  return loadOrder(names, moduleFile, (missing) => {
    throw new TypeError(`the kernel has no module ${missing}`)
  })
}

function unpack({ path, mode, content }: CpioEntry, tree: string): void {
  const kind = mode & 0o170000
  const file = join(tree, path)
  if (kind === 0o040000) mkdirSync(file, { recursive: true })
  else if (kind === 0o120000) symlinkSync(content?.toString() ?? '', file)
  // Devices are made by the kernel (devtmpfs).
  else if (kind === 0o100000) writeFileSync(file, content ?? '', { mode: mode & 0o777 })
}

const firstSector = 2048

/**
 * A disk with a partition table and a boot loader of its own (syslinux), which starts a kernel that is in it, with words that are in
 * it. Without links, as an artefact store copies it.
 */
export async function layOutWholeDisk(layout: Layout, parts: PocketParts, words: string): Promise<void> {
  const { folder } = layout
  mkdirSync(folder, { recursive: true })
  const disk = join(folder, `${stamped}.wic`)
  const files = { bzImage: readFileSync(parts.kernel), initrd: cpioArchive(parts.entries) }
  writeFileSync(disk, '')
  await execa('truncate', ['--size', '48M', disk])
  const at = String(firstSector * 512)
  const partition = ['--offset', String(firstSector), '-h', String(firstSector), '-D', '0x80', '-s', '8']
  await execa('mkfs.vfat', [...partition, disk, String((48 * 1024 ** 2 - firstSector * 512) / 1024)])
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content)
  const loader = `DEFAULT linux\nPROMPT 0\nLABEL linux\nKERNEL bzImage\nINITRD initrd\nAPPEND ${words}\n`
  writeFileSync(join(folder, 'syslinux.cfg'), loader)
  for (const file of [...Object.keys(files), 'syslinux.cfg'])
    await execa('mcopy', ['-i', `${disk}@@${at}`, join(folder, file), `::${file}`])
  await execa('syslinux', ['--install', '--offset', at, disk])
  await execa(
    'rm',
    [...Object.keys(files), 'syslinux.cfg'].map((file) => join(folder, file)),
  )
  await execa('dd', [`of=${disk}`, 'conv=notrunc'], { input: bootRecord() })
  const type = layout.conf['qb_default_fstype'] ?? 'wic'
  if (type !== 'wic') {
    await execa('qemu-img', [
      'convert',
      '-O',
      type.replace('wic.', ''),
      disk,
      join(folder, `${stamped}.${type}`),
    ])
    await execa('rm', [disk])
  }
  finish(
    { folder, conf: { qb_default_fstype: 'wic', qb_fsinfo: 'wic:kernel-in-fs', ...layout.conf } },
    [type],
    false,
  )
}

/** Syslinux' code for the first sector, and a table with one active partition of FAT16 behind it. */
function bootRecord(): Buffer {
  const record = Buffer.alloc(512)
  readFileSync('/usr/lib/syslinux/mbr/mbr.bin').copy(record, 0, 0, 440)
  record.set([0x80, 0, 1, 0, 0x0e, 0xfe, 0xff, 0xff], 446)
  record.writeUInt32LE(firstSector, 454)
  record.writeUInt32LE((48 * 1024 ** 2) / 512 - firstSector, 458)
  record.set([0x55, 0xaa], 510)
  return record
}
