import { closeSync, openSync, readSync } from 'node:fs'
import type { Image } from '../images/index.js'

/** How guest code is run: by the processor's virtualisation, or translated by QEMU. */
export type Accelerator = 'kvm' | 'tcg'

/** Who calls QEMU: stackrig itself, or OpenEmbedded's runqemu. */
export type Launcher = 'direct' | 'runqemu'

/** Everything that QEMU must be told about one node. */
export interface MachineSpec {
  name: string
  image: Image
  memoryMiB: number
  cpus: number
  mac: string
  /** The tap in the sandbox. */
  tap: string
  /** Words for the kernel command line, after those of the image. */
  kernelWords: string[]
  /** The file guest memory is mapped from, and whether what the guest writes goes into it. */
  memory: { file: string; shared: boolean }
  /** The node's own disk, a qcow2 overlay on the image's; none for an image that lives in its initrd. */
  disk?: string | undefined
  /** Names of the virtio-serial ports. */
  ports: string[]
  /** Everything written to the serial console, for ever. */
  consoleLog: string
  /** A file that is there, for what QEMU may be told later to write down of its packets; none are. */
  packets?: string | undefined
  accelerator: Accelerator
  launcher: Launcher
  /** Start without a running guest, and wait for a saved state. */
  incoming: boolean
  /** The state it waits for is that of devices alone, as `saveDevices` writes it. */
  devicesOnly?: boolean | undefined
  /** What its clock shows when it starts; the host's time when there is none. A saved state brings its own. */
  clock?: Date | undefined
}

export const consoleSocket = (name: string): string => `${name}.console`
export const qmpSocket = (name: string): string => `${name}.qmp`
/** Where the state of its devices goes in or out. */
export const stateSocket = (name: string): string => `${name}.state`
export const portSocket = (name: string, port: string): string => `${name}.${port}`

/**
 * The command line of the direct launcher (QEMU docs, "Invocation"). Socket paths are relative: QEMU runs in the run
 * folder, so that the limit of unix(7) holds for us only.
 *
 * Two command lines of the same node differ in memory sharing, disk file and `-incoming` only: what QEMU saves with
 * one it loads with the other.
 */
export function directCommand(spec: MachineSpec): string[] {
  const { image } = spec
  const words = [...imageWords(image.conf), ...kernelWords(spec)]
  const machine = image.conf.machine ?? 'pc'
  const root = spec.disk ? `root=${image.conf.root} ` : ''
  return [
    'qemu-system-x86_64',
    ...startOptions(spec),
    ...['-machine', `${machine},${machineProperties}`, ...sizeOptions(spec)],
    ...clockOptions(spec),
    ...['-device', 'virtio-rng-pci'],
    ...kernelOptions(spec, root + words.join(' ').trim()),
    ...(spec.disk
      ? [
          ...[
            '-blockdev',
            `driver=qcow2,node-name=disk0,file.driver=file,file.filename=${inOption(spec.disk)},discard=unmap`,
          ],
          ...diskDevice(image),
        ]
      : []),
    ...linkOptions(spec),
    ...['-serial', 'chardev:console'],
    ...channelOptions(spec),
  ]
}

/**
 * A disk with a boot loader of its own starts its own kernel, with its own words. That of a fork runs already: of what loads one, only a
 * ROM is part of what was saved (tried with QEMU 7.2: hw/i386/x86.c, x86_load_linux), and the kernel would be 8 MiB of each node's own memory.
 */
function kernelOptions({ image, incoming }: MachineSpec, words: string): string[] {
  if (image.kernel === undefined) return []
  if (incoming && takesLinuxRom(image)) return ['-option-rom', 'linuxboot_dma.bin']
  return ['-kernel', image.kernel, ...(image.initrd ? ['-initrd', image.initrd] : []), '-append', words]
}

/** Not so old machines, and kernels of another form (Linux, x86/boot.rst, field header): those have another ROM. */
const takesLinuxRom = ({ kernel = '', conf }: Image): boolean =>
  ['pc', 'q35', undefined].includes(conf.machine) &&
  beginningOf(kernel).toString('latin1', 0x202, 0x206) === 'HdrS'

/** Nothing of one that cannot be read: QEMU, which is then given the kernel, says what is wrong with it. */
function beginningOf(file: string): Buffer {
  const beginning = Buffer.alloc(1024)
  try {
    const descriptor = openSync(file, 'r')
    try {
      readSync(descriptor, beginning, 0, beginning.length, 0)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return Buffer.alloc(0)
  }
  return beginning
}

function diskDevice({ diskBus }: Image): string[] {
  if (diskBus === 'scsi') return ['-device', 'virtio-scsi-pci,id=scsi', '-device', 'scsi-hd,drive=disk0']
  return ['-device', diskBus === 'ide' ? 'ide-hd,drive=disk0' : 'virtio-blk-pci,drive=disk0']
}

/**
 * As runqemu: the image's own words, and the console that its login waits on. Ours is the first serial port; so an image
 * that speaks elsewhere only (`hvc0`) is told of it, too.
 */
function imageWords(conf: Image['conf']): string[] {
  const own = conf.get('qb_kernel_cmdline_append') ?? ''
  if (/\bconsole=/.test(own)) return [own, ...(/\bconsole=ttyS0\b/.test(own) ? [] : ['console=ttyS0'])]
  const named = conf.get('serial_consoles')
  const read = named !== undefined && conf.does('consoles', 'serial_consoles') ? named : ''
  const terminals = [...read.matchAll(/\d+;(\w+)/g)].map(([, name]) => name)
  // Releases before hardknott name none, and their runqemu said ttyS0 by itself.
  const [first = 'ttyS0'] = terminals
  // The last one is /dev/console.
  return [own, `console=${first}`, ...(first.startsWith('ttyS') ? [] : ['console=ttyS0'])]
}

/** What the kernel is told beside what its image says. */
export function kernelWords(spec: MachineSpec): string[] {
  return [...spec.kernelWords, ...(spec.accelerator === 'tcg' ? kernelWordsForTcg : [])]
}

export const startOptions = ({ name }: MachineSpec): string[] => [
  ...['-name', name, '-nodefaults', '-no-user-config', '-display', 'none', '-S'],
  ...['-sandbox', `on,${forbidden.map((what) => `${what}=deny`).join(',')}`],
]

/** What a QEMU that its guest has taken over could do more with (QEMU docs, "Invocation", -sandbox). */
const forbidden = ['obsolete', 'elevateprivileges', 'spawn', 'resourcecontrol']

/** Guest memory is a file of its own, which a fork maps; see saved-state.ts. */
export const machineProperties = 'memory-backend=ram0,usb=off,suppress-vmdesc=on'

export const sizeOptions = (spec: MachineSpec): string[] => [
  ...['-smp', String(spec.cpus), '-m', String(spec.memoryMiB), ...acceleratorOptions(spec.accelerator)],
  ...['-object', memoryBackend(spec.memory.file, spec.memoryMiB, spec.memory.shared)],
]

/** QEMU docs, "Invocation", -rtc: a date without fractions of a second, in UTC. */
export const clockOptions = ({ clock }: MachineSpec): string[] => [
  ...['-rtc', `base=${clock?.toISOString().slice(0, 19) ?? 'utc'},clock=vm`],
]

/** The network card, and the other end of the console. */
export const linkOptions = ({ name, tap, mac, consoleLog }: MachineSpec): string[] => [
  ...['-netdev', `tap,id=net0,ifname=${tap},script=no,downscript=no`],
  ...['-device', `virtio-net-pci,netdev=net0,mac=${mac},romfile=`],
  '-chardev',
  `socket,id=console,path=${consoleSocket(name)},server=on,wait=off,logfile=${inOption(consoleLog)},logappend=on`,
]

/** The ports of the shells, and QEMU's own control connection. */
export const channelOptions = ({ name, ports, incoming, devicesOnly }: MachineSpec): string[] => [
  ...['-device', `virtio-serial-pci,max_ports=${ports.length + 1}`],
  ...ports.flatMap((port) => [
    ...['-chardev', `socket,id=${port},path=${portSocket(name, port)},server=on,wait=off`],
    ...['-device', `virtserialport,chardev=${port},name=${port}`],
  ]),
  ...['-qmp', `unix:${qmpSocket(name)},server=on,wait=off`],
  ...(incoming ? ['-incoming', 'defer'] : []),
  // Such a state begins without the section that tells how the machine was configured.
  ...(devicesOnly ? ['-global', 'migration.send-configuration=off'] : []),
]

/**
 * `max` emulates SVM, so that a compute node has a working /dev/kvm of its own. Left out is what makes a translated guest
 * slower: string instructions that move bytes one by one (copying memory is three times as fast without), more state to
 * save when processes switch, a fifth level of page tables, and two instructions around each access to user memory.
 */
const cpuForTcg = 'max,erms=off,fsrm=off,xsave=off,la57=off,smap=off'

/**
 * Hardening that costs a translated guest time, huge pages that would cost each fork memory, and a test of the timer,
 * which on a busy host ends in a panic: "IO-APIC + timer doesn't work!".
 */
const kernelWordsForTcg = [
  'mitigations=off',
  'init_on_alloc=0',
  'transparent_hugepage=never',
  'no_timer_check',
]

function acceleratorOptions(accelerator: Accelerator): string[] {
  return accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host,migratable=on']
    : ['-accel', 'tcg,thread=multi', '-cpu', cpuForTcg]
}

/** A path in a list of options (QEMU docs, "Invocation": a comma is written twice). */
const inOption = (path: string): string => path.replaceAll(',', ',,')

function memoryBackend(file: string, memoryMiB: number, shared: boolean): string {
  return `memory-backend-file,id=ram0,size=${memoryMiB}M,mem-path=${inOption(file)},share=${shared ? 'on' : 'off'}`
}
