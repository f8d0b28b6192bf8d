import { openembeddedReleases, type OpenembeddedRelease } from '../../images/index.js'
import { oracleChanges, type Change } from './runqemu-oracle-changes.js'
import { stamped, stem } from './runqemu-oracle-names.js'

/** A deploy folder for runqemu: what its conf says, and the names of the files in it. */
export interface OracleCase {
  name: string
  /** Key -> value; `DEPLOY` is the folder. */
  conf: Readonly<Record<string, string>>
  /** The files, and what a link leads to. */
  files: Readonly<Record<string, string | null>>
  /** What runqemu is asked instead: the same image with its disk unpacked, as runqemu wants it. */
  asked?: OracleCase
}

const at = (release: OpenembeddedRelease): number => openembeddedReleases.indexOf(release)

/** What qemuboot.bbclass and the machine qemux86-64 write since a release; DEPLOY_DIR_IMAGE of morty is absolute, of pyro relative to TOPDIR. */
const written: readonly (readonly [OpenembeddedRelease, Readonly<Record<string, string>>])[] = [
  [
    'morty',
    {
      machine: 'qemux86-64',
      tune_arch: 'x86_64',
      deploy_dir_image: '/home/them/build/tmp/deploy/images/qemux86-64',
      kernel_imagetype: 'bzImage',
      image_name: stamped,
      image_link_name: stem,
      staging_dir_host: '/home/them/build/tmp/sysroots/qemux86-64',
      qb_mem: '-m 4096',
      qb_serial_opt: '-serial mon:stdio -serial null',
      qb_default_kernel: '/home/them/build/tmp/deploy/images/qemux86-64/bzImage--5.15.bin',
      qb_default_fstype: 'ext4',
      qb_opt_append: '-vga vmware -show-cursor -usb -device usb-tablet -device virtio-rng-pci',
      qb_system_name: 'qemu-system-x86_64',
      qb_cpu: '-cpu core2duo',
      qb_cpu_kvm: '-cpu core2duo',
      qb_kernel_cmdline_append: 'vga=0 oprofile.timer=1',
    },
  ],
  [
    'pyro',
    {
      deploy_dir_image: 'tmp/deploy/images/qemux86-64',
      staging_dir_host: 'tmp/sysroots/qemux86-64',
      qb_default_kernel: 'tmp/deploy/images/qemux86-64/bzImage--5.15.bin',
      qb_network_device: '-device virtio-net-pci,netdev=net0,mac=@MAC@',
      qb_drive_type: '/dev/sd',
      qb_net: 'none',
    },
  ],
  [
    'rocko',
    {
      deploy_dir_image: '.',
      staging_dir_host: '../../../work/core-image/1.0-r0/recipe-sysroot',
      qb_default_kernel: 'bzImage--5.15.bin',
    },
  ],
  [
    'dunfell',
    { qb_cmdline_ip_slirp: 'ip=dhcp', qb_cmdline_ip_tap: 'ip=192.168.7.@CLIENT@', qb_rootfs_extra_opt: '' },
  ],
  [
    'gatesgarth',
    { qb_rng: '-object rng-random,filename=/dev/urandom,id=rng0 -device virtio-rng-pci,rng=rng0' },
  ],
  ['hardknott', { qb_graphics: '', serial_consoles: '115200;ttyS0 115200;ttyS1' }],
  ['honister', { qb_smp: '' }],
  [
    'kirkstone',
    {
      qb_smp: '-smp 4',
      qb_cpu: '-cpu IvyBridge -machine q35,i8042=off',
      qb_opt_append: '-device usb-tablet',
      uninative_loader: '../../../sysroots-uninative/x86_64-linux/lib/ld-linux-x86-64.so.2',
    },
  ],
  ['mickledore', { qb_nfsrootfs_extra_opt: '' }],
  [
    'scarthgap',
    { qb_no_pni: 'net.ifnames=0', kernel_image_name: 'bzImage--6', kernel_image_bin_ext: '.bin' },
  ],
  ['wrynose', { qb_tap_nameserver: '8.8.8.8' }],
]

/** The conf that a build of this release writes, and its files. */
function usual(release: OpenembeddedRelease): OracleCase {
  const keys = written.filter(([since]) => at(since) <= at(release)).map(([, values]) => values)
  return {
    name: 'usual',
    conf: Object.assign({}, ...keys) as OracleCase['conf'],
    files: {
      'bzImage--5.15.bin': null,
      bzImage: 'bzImage--5.15.bin',
      [`${stamped}.ext4`]: null,
      [`${stem}.ext4`]: `${stamped}.ext4`,
    },
  }
}

/**
 * Every change of one key for itself, whatever the release knows of it, then each with one of another kind; which one differs from
 * release to release.
 */
export function oracleCases(release: OpenembeddedRelease): OracleCase[] {
  const base = usual(release)
  const single = oracleChanges.map(({ name, change }) => changed(base, name, change))
  const pairs = oracleChanges.flatMap((one, index) => {
    const other = oracleChanges[(index + 17 + at(release)) % oracleChanges.length]
    if (other === undefined || other.kind === one.kind) return []
    return [changed(changed(base, one.name, one.change), `${one.name}, ${other.name}`, other.change)]
  })
  return [base, ...single, ...pairs]
}

function changed(base: OracleCase, name: string, change: Change): OracleCase {
  const { conf, files, without = [], asked } = change
  const left = Object.entries({ ...base.files, ...files }).filter(([file]) => !without.includes(file))
  const one = { name, conf: { ...base.conf, ...conf }, files: Object.fromEntries(left) }
  const other = asked ?? (base.asked && change)
  return other ? { ...one, asked: changed(base.asked ?? base, name, other) } : one
}
