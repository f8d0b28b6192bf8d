/** OpenEmbedded's releases whose runqemu reads a `*.qemuboot.conf`, in order of time. */
export const openembeddedReleases = [
  ...['morty', 'pyro', 'rocko', 'sumo', 'thud', 'warrior', 'zeus', 'dunfell', 'gatesgarth', 'hardknott'],
  ...['honister', 'kirkstone', 'langdale', 'mickledore', 'nanbield', 'scarthgap', 'styhead', 'walnascar'],
  ...['whinlatter', 'wrynose', 'master'],
] as const

export type OpenembeddedRelease = (typeof openembeddedReleases)[number]

const newest = openembeddedReleases.length - 1
const indexOf = (release: string): number => openembeddedReleases.indexOf(release as OpenembeddedRelease)

export const isOpenembeddedRelease = (name: string | undefined): name is OpenembeddedRelease =>
  name !== undefined && indexOf(name) >= 0

/** What runqemu came to do, and the release that it came with: scripts/runqemu of each branch, and what it calls QEMU with. */
const firstIn = {
  /** `qb_drive_type`; before, a whole disk is on virtio. */
  'drive type': 'pyro',
  /** `/dev/hd`; pyro's line for it lacks the word `-drive`. */
  'ide disk': 'rocko',
  /** `qb_default_kernel = none`; before, the file of the kernel's type. */
  'no kernel': 'pyro',
  /** `qb_rootfs = none`. */
  'no root file system': 'pyro',
  /** The key `rootfs`, and the key `kernel`. */
  'rootfs by path': 'pyro',
  'kernel by path': 'sumo',
  /** `wic.vmdk`, `wic.qcow2`, `wic.vdi`; before, a raw disk beside a kernel. */
  'wic in a format': 'rocko',
  'wic.vhd': 'hardknott',
  /** `iso` is a disk on virtio; before, `-cdrom`. */
  'iso on virtio': 'rocko',
  /** `/dev/vdb`, a disk that is no PCI device, and `/dev/mmcblk`, an SD card. */
  'disk without PCI': 'dunfell',
  'SD card': 'styhead',
  /** `qb_fsinfo`. */
  'wic flags': 'zeus',
  /** `qb_opt_append` stands before the machine and its memory; before, behind them. */
  'qb_opt_append first': 'pyro',
  /** A `qb_mem` that is empty is 256 MiB; before, 512. */
  '256 MiB': 'zeus',
  /** A number alone in `qb_mem`. */
  'memory without -m': 'thud',
  /** `serial_consoles`; before, ttyS0. */
  consoles: 'hardknott',
  /** `qb_smp`; before, one. */
  processors: 'honister',
  /** `ro` and `rw` in `qb_kernel_root`; before, `rw` follows whatever is there. */
  'mode of the root': 'kirkstone',
  /** `@DEPLOY_DIR_IMAGE@` in `qb_opt_append`. */
  'folder in arguments': 'kirkstone',
} as const satisfies Record<string, OpenembeddedRelease>

export type Habit = keyof typeof firstIn

/** The release whose runqemu was the first to do it. */
export const firstRelease = (habit: Habit): OpenembeddedRelease => firstIn[habit]

/** From which release to which the runqemu of a conf may be, both included. */
export interface ReleaseRange {
  first: OpenembeddedRelease
  last: OpenembeddedRelease
}

/** Keys that qemuboot.bbclass writes into every conf since a release, whatever is built. */
const writtenSince: readonly (readonly [OpenembeddedRelease, readonly string[]])[] = [
  ['pyro', ['qb_drive_type', 'qb_network_device']],
  ['dunfell', ['qb_cmdline_ip_slirp', 'qb_cmdline_ip_tap', 'qb_rootfs_extra_opt']],
  ['gatesgarth', ['qb_rng']],
  ['hardknott', ['qb_graphics', 'serial_consoles']],
  ['honister', ['qb_smp']],
  ['mickledore', ['qb_nfsrootfs_extra_opt']],
  ['scarthgap', ['qb_no_pni', 'kernel_image_name']],
  ['wrynose', ['qb_tap_nameserver']],
]

/**
 * The releases that can have written a conf with these values, by what each writes. One written by hand says nothing of a release, and is
 * for the newest.
 */
export function releaseRange(values: ReadonlyMap<string, string>): ReleaseRange {
  // The class writes these two in every release; who writes a conf by hand has no use for them.
  if (!values.has('tune_arch') || !values.has('staging_dir_host')) return { first: 'master', last: 'master' }
  let [first, last] = [0, newest]
  for (const [release, keys] of writtenSince) {
    if (!keys.every((key) => values.has(key))) {
      last = indexOf(release) - 1
      break
    }
    first = indexOf(release)
  }
  // Left out where a build has no such loader: only its being there says something.
  if (values.has('uninative_loader')) first = Math.max(first, indexOf('kirkstone'))
  const folder = values.get('deploy_dir_image') ?? ''
  // Relative to the file since rocko; in pyro to the build's folder, and absolute in morty.
  if (/^\.\.?(?:\/|$)/.test(folder)) first = Math.max(first, indexOf('rocko'))
  else if (/^[^/.]/.test(folder)) last = Math.min(last, indexOf('pyro'))
  last = Math.max(first, last)
  return { first: openembeddedReleases[first] ?? 'master', last: openembeddedReleases[last] ?? 'master' }
}

/** Whether the runqemu of these releases does it; undefined when some do and others do not. */
export function does(habit: Habit, { first, last }: ReleaseRange): boolean | undefined {
  const since = indexOf(firstIn[habit])
  if (indexOf(first) >= since) return true
  return indexOf(last) < since ? false : undefined
}
