/** The releases of OpenEmbedded whose runqemu reads a conf, in order of time. */
export const releases = [
  ...['morty', 'pyro', 'rocko', 'sumo', 'thud', 'warrior', 'zeus', 'dunfell', 'gatesgarth', 'hardknott'],
  ...['honister', 'kirkstone', 'langdale', 'mickledore', 'nanbield', 'scarthgap', 'styhead', 'walnascar'],
  ...['whinlatter', 'wrynose', 'master'],
] as const

export type Release = (typeof releases)[number]

/** A deploy folder for runqemu: what its conf says, and the names of the files in it. */
export interface OracleCase {
  name: string
  /** Key -> value; `DEPLOY` is the folder. */
  conf: Readonly<Record<string, string>>
  /** The files, and what a link leads to. */
  files: Readonly<Record<string, string | null>>
}

const stem = 'openstack-image-controller-qemux86-64'
const stamped = `${stem}-20200401093000`

const usual: OracleCase = {
  name: 'usual',
  conf: {
    machine: 'qemux86-64',
    deploy_dir_image: '.',
    image_name: stamped,
    image_link_name: stem,
    kernel_imagetype: 'bzImage',
    qb_default_kernel: 'bzImage--5.15.bin',
    qb_default_fstype: 'ext4',
    qb_system_name: 'qemu-system-x86_64',
    qb_machine: '-machine pc',
    qb_cpu: '-cpu qemu64',
    qb_mem: '-m 4096',
    qb_smp: '-smp 2',
    qb_kernel_root: '/dev/vda',
    qb_kernel_cmdline_append: 'oprofile.timer=1',
    serial_consoles: '115200;ttyS0',
    qb_drive_type: '/dev/vd',
    qb_net: 'none',
  },
  files: {
    'bzImage--5.15.bin': null,
    bzImage: 'bzImage--5.15.bin',
    [`${stamped}.ext4`]: null,
    [`${stem}.ext4`]: `${stamped}.ext4`,
  },
}

type Change = Pick<OracleCase, 'conf'> & {
  files?: OracleCase['files']
  without?: readonly string[]
  since?: Release
}

const wic = (type: string, more: Record<string, string> = {}): Change => ({
  conf: { qb_default_fstype: type, ...more },
  files: { [`${stamped}.${type}`]: null, [`${stem}.${type}`]: `${stamped}.${type}` },
})

/** What a conf may have otherwise, key by key, and the release whose runqemu first knew the value. */
const changes: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  kernel: {
    'absolute on the build host': {
      conf: { qb_default_kernel: '/home/them/tmp/deploy/images/qemux86-64/bzImage--5.15.bin' },
    },
    'relative to TOPDIR': { conf: { qb_default_kernel: 'tmp/deploy/images/qemux86-64/bzImage--5.15.bin' } },
    'empty name': { conf: { qb_default_kernel: '' } },
    'only the stamped file': { conf: { qb_default_kernel: 'bzImage' }, without: ['bzImage'] },
    'another type': {
      conf: { qb_default_kernel: 'vmlinux', kernel_imagetype: 'vmlinux' },
      files: { vmlinux: null },
    },
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
    ext3: { conf: { qb_default_fstype: 'ext3' }, files: { [`${stamped}.ext3`]: null } },
    'cpio.gz': { conf: { qb_default_fstype: 'cpio.gz' }, files: { [`${stamped}.cpio.gz`]: null } },
    cpio: { conf: { qb_default_fstype: 'cpio' }, files: { [`${stamped}.cpio`]: null }, since: 'dunfell' },
    'not there': { conf: { qb_default_fstype: 'btrfs' } },
    wic: wic('wic', { qb_fsinfo: 'wic:kernel-in-fs' }),
    'wic on scsi': { ...wic('wic', { qb_drive_type: '/dev/sd' }), since: 'pyro' },
    'wic on ide': { ...wic('wic', { qb_drive_type: '/dev/hd' }), since: 'rocko' },
    'wic.vmdk': { ...wic('wic.vmdk'), since: 'rocko' },
    'wic.qcow2': { ...wic('wic.qcow2'), since: 'rocko' },
    'wic.vhdx': { ...wic('wic.vhdx'), since: 'kirkstone' },
    'wic without kernel': {
      ...wic('wic', { qb_fsinfo: 'wic:no-kernel-in-fs', qb_kernel_root: '/dev/vda2' }),
      since: 'zeus',
    },
    hddimg: wic('hddimg'),
  },
  root: {
    partition: { conf: { qb_kernel_root: '/dev/vda2' } },
    label: { conf: { qb_kernel_root: 'LABEL=root' } },
    'read-write': { conf: { qb_kernel_root: '/dev/vda rw' }, since: 'kirkstone' },
    'read-only': { conf: { qb_kernel_root: '/dev/vda ro' }, since: 'kirkstone' },
  },
  memory: {
    'with G': { conf: { qb_mem: '-m 4G' } },
    'with M': { conf: { qb_mem: '-m 512M' } },
    // 512 before, and 256 since.
    none: { conf: { qb_mem: '' }, since: 'zeus' },
    'two thousand': { conf: { qb_mem: '-m 2048' } },
  },
  cpus: { none: { conf: { qb_smp: '' } }, four: { conf: { qb_smp: '-smp cpus=4' } } },
  machine: {
    none: { conf: { qb_machine: '' } },
    q35: { conf: { qb_machine: '-machine q35' } },
    short: { conf: { qb_machine: '-M q35' } },
    'with a property': { conf: { qb_machine: '-machine q35,i8042=off' } },
  },
  console: {
    none: { conf: { serial_consoles: '' } },
    two: { conf: { serial_consoles: '115200;ttyS0 115200;ttyS1' } },
    'its own word': { conf: { qb_kernel_cmdline_append: 'console=ttyS0 quiet' } },
  },
  initrd: {
    beside: { conf: { qb_opt_append: '-initrd DEPLOY/microcode' }, files: { microcode: null } },
    'two dashes': { conf: { qb_opt_append: '--initrd DEPLOY/microcode' }, files: { microcode: null } },
    'in the folder': {
      conf: { qb_opt_append: '-initrd @DEPLOY_DIR_IMAGE@/microcode' },
      files: { microcode: null },
      since: 'kirkstone',
    },
  },
  machineName: { other: { conf: { machine: 'genericx86-64' } } },
}

/** The release whose runqemu first read a key; a build before it has none of it. */
const keys: Readonly<Record<string, Release>> = {
  qb_smp: 'honister',
  serial_consoles: 'hardknott',
  qb_drive_type: 'pyro',
}

const keysOf = (release: Release, conf: OracleCase['conf']): OracleCase['conf'] =>
  Object.fromEntries(
    Object.entries(conf).filter(
      ([key]) => releases.indexOf(keys[key] ?? 'morty') <= releases.indexOf(release),
    ),
  )

/** Every case of one change, then pairs of changes of different kinds, that this release's runqemu knows. */
export function oracleCases(release: Release): OracleCase[] {
  const known = Object.entries(changes).flatMap(([kind, all]) =>
    Object.entries(all)
      .filter(([, { since }]) => since === undefined || releases.indexOf(since) <= releases.indexOf(release))
      .map(([name, change]) => ({ kind, name: `${kind}: ${name}`, change })),
  )
  const single = known.map(({ name, change }) => changed(usual, name, change))
  const pairs = known.flatMap((one, index) => {
    // Each change meets two others; which ones differs from release to release.
    const steps = [7, 13].map((step) => known[(index + step + releases.indexOf(release)) % known.length])
    return steps.flatMap((other) =>
      other === undefined || other.kind === one.kind
        ? []
        : [changed(changed(usual, one.name, one.change), `${one.name}, ${other.name}`, other.change)],
    )
  })
  return [usual, ...single, ...pairs].map((one) => ({ ...one, conf: keysOf(release, one.conf) }))
}

function changed(base: OracleCase, name: string, { conf, files, without = [] }: Change): OracleCase {
  const left = Object.entries({ ...base.files, ...files }).filter(([file]) => !without.includes(file))
  return { name, conf: { ...base.conf, ...conf }, files: Object.fromEntries(left) }
}
