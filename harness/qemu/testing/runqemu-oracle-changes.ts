import { stamped, stem } from './runqemu-oracle-names.js'

/** A difference from the conf and the files that a build leaves. */
export interface Change {
  conf: Readonly<Record<string, string>>
  files?: Readonly<Record<string, string | null>>
  without?: readonly string[]
  /** What runqemu is asked instead. */
  asked?: Change
}

const disk = (type: string, more: Record<string, string> = {}): Change => ({
  conf: { qb_default_fstype: type, ...more },
  files: { [`${stamped}.${type}`]: null, [`${stem}.${type}`]: `${stamped}.${type}` },
})
const wic = (drive: string): Change => disk('wic', { qb_drive_type: drive })
/** Only the newest runqemu unpacks, and only with `snapshot`: it is asked about what stackrig unpacks. */
const packed = (type: string, end: string): Change => ({ ...disk(`${type}.${end}`), asked: disk(type) })
const values = (key: string, ...all: string[]): Record<string, Change> =>
  Object.fromEntries(all.map((value) => [`"${value}"`, { conf: { [key]: value } }]))
const beside = (name: string, conf: Record<string, string>): Change => ({ conf, files: { [name]: null } })

const virtio = '-drive id=d,file=@ROOTFS@,if=none,format=raw -device virtio-blk-pci,drive=d'
const scsi =
  '-drive id=d,file=@ROOTFS@,if=none,format=raw -device virtio-scsi-pci,id=scsi -device scsi-hd,drive=d'

/** Kind -> name -> change: every key that runqemu reads for what it boots, empty, absolute, relative, with a unit, `none`. */
const changes: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  folder: values('deploy_dir_image', '.', '', '/home/them/images', '../elsewhere'),
  kernel: {
    ...values(
      'qb_default_kernel',
      'bzImage',
      '',
      'none',
      'gone',
      '/home/them/bzImage',
      'tmp/deploy/bzImage',
      '../DEPLOY/bzImage',
    ),
    'only the stamped file': { conf: { qb_default_kernel: 'bzImage' }, without: ['bzImage'] },
    'only the link': { conf: {}, files: { bzImage: null }, without: ['bzImage--5.15.bin'] },
    'another type': beside('vmlinux', { qb_default_kernel: 'vmlinux', kernel_imagetype: 'vmlinux' }),
    'type is empty': { conf: { kernel_imagetype: '' } },
    'none there': { conf: {}, without: ['bzImage', 'bzImage--5.15.bin'] },
    'by its path': beside('their-kernel', { kernel: 'DEPLOY/their-kernel' }),
    'by a path to nothing': { conf: { kernel: 'DEPLOY/gone' } },
    'path is empty': { conf: { kernel: '' } },
  },
  rootfs: {
    'links were not copied': { conf: {}, without: [`${stem}.ext4`] },
    'stamped file with .rootfs': {
      conf: {},
      files: { [`${stamped}.rootfs.ext4`]: null },
      without: [`${stem}.ext4`, `${stamped}.ext4`],
    },
    'only the link name': { conf: {}, files: { [`${stem}.ext4`]: null }, without: [`${stamped}.ext4`] },
    'empty link name': { conf: { image_link_name: '' }, without: [`${stem}.ext4`] },
    'empty name': {
      conf: { image_name: '' },
      without: [`${stamped}.ext4`],
      files: { [`${stem}.ext4`]: null },
    },
    'not there': { conf: {}, without: [`${stem}.ext4`, `${stamped}.ext4`] },
    'by its path': beside('their-image.ext4', { rootfs: 'DEPLOY/their-image.ext4' }),
    'by a path to nothing': { conf: { rootfs: 'DEPLOY/gone.ext4' } },
    'path is empty': { conf: { rootfs: '' } },
    none: { conf: { qb_rootfs: 'none' } },
  },
  type: {
    ...values('qb_default_fstype', 'btrfs', 'none', 'ramfs', 'ubi'),
    ...Object.fromEntries(
      [
        'ext2',
        'ext3',
        'btrfs',
        'squashfs',
        'cpio',
        'cpio.gz',
        'cpio.xz',
        'wic',
        'wic.vmdk',
        'wic.qcow2',
        'wic.vdi',
      ]
        .concat('wic.vhd', 'wic.vhdx', 'hddimg', 'iso', 'vmdk', 'qcow2', 'vdi')
        .map((type) => [type, disk(type)]),
    ),
    'ext4.zst': packed('ext4', 'zst'),
    'ext4.gz': packed('ext4', 'gz'),
    'ext4.bz2': packed('ext4', 'bz2'),
    'ext4.xz': packed('ext4', 'xz'),
    'wic.zst': packed('wic', 'zst'),
    'wic.gz': packed('wic', 'gz'),
  },
  drive: Object.fromEntries(
    ['/dev/sd', '/dev/hd', '/dev/vd', '/dev/vdb', '/dev/mmcblk', '/dev/nvme', ''].map((drive) => [
      `wic on "${drive}"`,
      wic(drive),
    ]),
  ),
  flags: Object.fromEntries(
    [
      'wic:kernel-in-fs',
      'wic:no-kernel-in-fs',
      'wic:no-kernel-in-fs wic:kernel-in-fs',
      'wic:kernel-in-fs wic:no-kernel-in-fs',
      'wic:whatever',
      'ext4:no-kernel-in-fs',
    ].map((flags) => [flags, disk('wic', { qb_fsinfo: flags })]),
  ),
  arguments: {
    ...values(
      'qb_rootfs_opt',
      '',
      '-drive file=@ROOTFS@,if=virtio,format=raw',
      '-drive file=@ROOTFS@,if=ide,format=raw',
      '-drive file=@ROOTFS@,format=qcow2,if=virtio',
      '-drive file=@ROOTFS@,format=raw',
      virtio,
      scsi,
      '-drive file=@ROOTFS@,if=sd,format=raw',
    ),
    'wic with its own': disk('wic', { qb_rootfs_opt: '-drive file=@ROOTFS@,if=ide,format=raw' }),
  },
  root: values(
    'qb_kernel_root',
    ...[
      '/dev/vda2',
      'LABEL=root',
      'PARTUUID=0011-02',
      '/dev/sda',
      '/dev/vda rw',
      '/dev/vda ro',
      '/dev/vda ro rootwait',
      '',
    ],
  ),
  memory: values(
    'qb_mem',
    '-m 4G',
    '-m 512M',
    '-m 512m',
    '-m 2048',
    '-m size=2G',
    '2048',
    '512M',
    '',
    'none',
    '-m lots',
  ),
  processors: values(
    'qb_smp',
    '',
    '-smp 4',
    '-smp cpus=4',
    '-smp 2,sockets=2',
    '4',
    'none',
    '-smp sockets=2',
  ),
  machine: {
    ...values('qb_machine', '', '-machine q35', '-M q35', '-machine pc', '-machine q35,i8042=off'),
    'beside the processor': { conf: { qb_cpu: '-cpu Nehalem -machine q35' } },
    'in both': { conf: { qb_machine: '-machine pc', qb_cpu: '-cpu Nehalem -M q35' } },
    'beside the rest': { conf: { qb_opt_append: '-machine q35 -usb' } },
    'processors beside the rest': { conf: { qb_opt_append: '-smp 3', qb_smp: '' } },
    'processors beside the processor': { conf: { qb_cpu: '-cpu Nehalem -smp 3', qb_smp: '' } },
    'memory beside the rest': { conf: { qb_opt_append: '-m 8192' } },
  },
  console: {
    ...values(
      'serial_consoles',
      '',
      '115200;ttyS0',
      '115200;ttyS1',
      '115200;hvc0',
      '115200;ttyS0 115200;hvc0',
    ),
    ...values('qb_kernel_cmdline_append', '', 'console=ttyS0 quiet', 'console=hvc0', 'none'),
  },
  initrd: {
    beside: beside('microcode', { qb_opt_append: '-initrd DEPLOY/microcode' }),
    'two dashes': beside('microcode', { qb_opt_append: '--initrd DEPLOY/microcode' }),
    'in the folder': beside('microcode', { qb_opt_append: '-initrd @DEPLOY_DIR_IMAGE@/microcode' }),
    relative: beside('microcode', { qb_opt_append: '-initrd microcode' }),
  },
  firmware: {
    'qb_default_bios none': { conf: { qb_default_bios: 'none' } },
    qb_default_bios: beside('bios.bin', { qb_default_bios: 'bios.bin' }),
    bios: beside('bios.bin', { bios: 'DEPLOY/bios.bin' }),
    qb_dtb: beside('board.dtb', { qb_dtb: 'board.dtb' }),
    device_tree: beside('board.dtb', { device_tree: 'DEPLOY/board.dtb' }),
  },
  system: {
    ...values('machine', 'genericx86-64', 'c++'),
    i386: { conf: { machine: 'qemux86', qb_system_name: 'qemu-system-i386', tune_arch: 'i586' } },
    'none for qemux86-64': { conf: { qb_system_name: '' } },
    aarch64: { conf: { machine: 'qemuarm64', qb_system_name: 'qemu-system-aarch64', tune_arch: 'aarch64' } },
    'none for qemuarm64': { conf: { machine: 'qemuarm64', qb_system_name: '', tune_arch: 'aarch64' } },
  },
}

/** All of them, with their kinds. */
export const oracleChanges = Object.entries(changes).flatMap(([kind, all]) =>
  Object.entries(all).map(([name, change]) => ({ kind, name: `${kind}: ${name}`, change })),
)
