import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { formatQemubootConf } from '../images/index.js'
import {
  channelOptions,
  clockOptions,
  kernelWords,
  linkOptions,
  machineProperties,
  sizeOptions,
  startOptions,
  type MachineSpec,
} from './command.js'
import { settings } from '../settings.js'
import { quoteWord } from '../shell-word.js'

/**
 * OpenEmbedded's runqemu: `$RUNQEMU`, or the one on PATH.
 * @throws StackrigError HOST_PROGRAM_MISSING
 */
export function findRunqemu(): string {
  const { runqemu: given, path } = settings()
  const folders = path.split(delimiter)
  const program = (given ? [given] : folders.map((folder) => join(folder, 'runqemu'))).find((file) =>
    existsSync(file),
  )
  if (program !== undefined) return program
  throw new StackrigError('HOST_PROGRAM_MISSING', 'OpenEmbedded must be there with its script runqemu', {
    seen: given ? `RUNQEMU=${given} does not exist` : 'no runqemu on PATH',
    next: 'source oe-init-build-env, or set RUNQEMU to openembedded-core/scripts/runqemu',
  })
}

/**
 * The call of runqemu for a node, which starts the QEMU that `directCommand` would. It writes a conf for it into
 * `folder`, made of the image's own: runqemu boots the files that its conf names.
 *
 * runqemu takes every key that its conf lacks from the environment; so it gets none but what it runs on.
 * @throws StackrigError HOST_PROGRAM_MISSING, USAGE for paths with blanks
 */
export async function runqemuCommand(spec: MachineSpec, folder: string): Promise<string[]> {
  refuseBlanks([folder, spec.image.kernel, spec.image.initrd, spec.disk, spec.consoleLog, spec.memory.file])
  const conf = join(folder, `${spec.name}.qemuboot.conf`)
  await writeFile(conf, formatQemubootConf(nodeConf(spec)))
  const qemu = [
    ...startOptions(spec),
    ...['-machine', machineOf(spec)],
    ...sizeOptions(spec),
    ...clockOptions(spec),
    ...['-device', 'virtio-rng-pci'],
    ...linkOptions(spec),
    // With two of them runqemu adds none of its own, which would be its standard input.
    ...['-serial', 'chardev:console', '-serial', 'null'],
    ...channelOptions(spec),
  ]
  const { path, home } = settings()
  const environment = [`PATH=${path}`, `HOME=${home}`]
  return [
    ...['env', '-i', ...environment, 'TERM=dumb', findRunqemu(), conf],
    // With `slirp` it needs no tap of its own; qb_net leaves the network to our own options.
    ...['nographic', 'slirp'],
    ...(spec.accelerator === 'kvm' ? ['kvm'] : []),
    `qemuparams=${qemu.map(quoteWord).join(' ')}`,
    `bootparams=${kernelWords(spec).join(' ')}`,
  ]
}

/** `-usb` of a conf is a property of the machine (QEMU 7.2): switched off, its tablet has no bus and QEMU ends. */
function machineOf({ image }: MachineSpec): string {
  const wanted = /(?:^|\s)-usb(?:\s|$)/.test(image.conf.get('qb_opt_append') ?? '')
  return wanted ? machineProperties.replace('usb=off', 'usb=on') : machineProperties
}

/** runqemu makes one line of all that it was told, and splits it into words as a shell does. */
function refuseBlanks(paths: (string | undefined)[]): void {
  const bad = paths.filter((path) => path !== undefined && /[\s'"\\]/.test(path))
  if (bad.length === 0) return
  throw new StackrigError(
    'USAGE',
    'Under runqemu no path may have blanks or quotes: it splits its command line there.',
    {
      seen: bad.join('\n'),
      next: 'STACKRIG_LAUNCHER=direct, or a folder without blanks (STACKRIG_CACHE, TMPDIR, the deploy folder)',
    },
  )
}

/** The image's conf with this node's disk, and with absolute paths. */
function nodeConf({ image, disk, memoryMiB, cpus }: MachineSpec): Record<string, string> {
  const tools = image.conf.get('staging_bindir_native') ?? ''
  return {
    ...image.conf.resolved(),
    kernel: image.kernel ?? '',
    // Where it does not exist, runqemu would ask BitBake.
    staging_bindir_native: existsSync(tools) ? tools : '/usr/bin',
    staging_dir_native: existsSync(tools) ? (image.conf.get('staging_dir_native') ?? '/usr') : '/usr',
    qb_mem: `-m ${memoryMiB}`,
    qb_smp: `-smp ${cpus}`,
    qb_net: 'none',
    // Older releases pass over it: the device is among our own options.
    qb_rng: '',
    ...(disk
      ? {
          rootfs: disk,
          // For a disk of a kind that has a boot loader runqemu leaves out the kernel.
          qb_default_fstype: image.kernel === undefined ? wholeDisk(image) : 'ext4',
          qb_rootfs_opt: driveOf(image),
        }
      : { rootfs: image.initrd ?? '' }),
  }
}

/** A disk with a boot loader: its release says what runqemu calls that, and `qb_drive_type` of the image where it hangs. */
const wholeDisk = ({ conf }: MachineSpec['image']): string =>
  conf.does('wic in a format', 'wic.qcow2') ? 'wic.qcow2' : 'qcow2'

const driveOf = ({ diskBus }: MachineSpec['image']): string =>
  diskBus === 'scsi'
    ? '-drive id=disk0,file=@ROOTFS@,if=none,format=qcow2,discard=unmap -device virtio-scsi-pci,id=scsi -device scsi-hd,drive=disk0'
    : `-drive file=@ROOTFS@,if=${diskBus ?? 'virtio'},format=qcow2,discard=unmap`
