import { StackrigError } from '../errors/index.js'
import type { QemubootConf } from './qemuboot-conf.js'

/**
 * The QEMU arguments that a conf of somebody else's may have: those that OpenEmbedded's own machines do (meta/conf/machine,
 * qemuboot.bbclass). Any other may open files, listen, or run programs on this machine. docs/yocto.md lists them.
 */
const options = new Set([
  ...[
    'machine',
    'M',
    'cpu',
    'smp',
    'm',
    'initrd',
    'drive',
    'device',
    'object',
    'netdev',
    'vga',
    'usb',
    'usbdevice',
  ],
  ...['show-cursor', 'display', 'nographic', 'serial', 'rtc', 'audiodev', 'soundhw', 'global', 'no-reboot'],
])

/** What those that begin with a kind may be: nothing that reads, writes or runs what is not the image's. */
const allowed: Readonly<Record<string, RegExp>> = {
  drive:
    /^(?:(?:id|if|format|media|cache|discard|index|readonly)=[\w-]+,)*file=@ROOTFS@(?:,(?:id|if|format|media|cache|discard|index|readonly)=[\w-]+)*$/,
  device:
    /^(?:virtio-(?:blk|net|rng|vga|gpu|scsi|serial|tablet|keyboard|balloon)[\w-]*|virtconsole|scsi-hd|ide-hd|usb-(?:tablet|kbd|mouse|ehci)|qemu-xhci|nec-usb-xhci|e1000|AC97|intel-hda|hda-duplex|VGA)(?:,(?!(?:path|file|filename|romfile|script)=)[\w-]+=[^,\s]*)*$/,
  object: /^rng-random,(?:filename=\/dev\/u?random,id=\w+|id=\w+,filename=\/dev\/u?random)$/,
  netdev:
    /^(?:user|tap),id=\w+(?:,(?:ifname=@TAP@|script=no|downscript=no|hostfwd=[^,\s]+|tftp=@DEPLOY_DIR_IMAGE@))*$/,
  serial: /^(?:mon:stdio|mon:vc|stdio|null|vc|tcp:127\.0\.0\.1:@PORT@)$/,
  initrd: /^(?:@DEPLOY_DIR_IMAGE@\/)?[\w.+-]+$/,
  machine: /^(?!.*(?:kernel|initrd|dtb|firmware)=).*$/,
  display: /^(?:none|sdl|gtk)(?:,[\w-]+=\w+)*$/,
  audiodev: /^(?:none|alsa|pa|sdl),id=\w+$/,
}

/** Keys of a conf whose values are words of QEMU's command line. */
const keys = [
  ...['qb_machine', 'qb_cpu', 'qb_cpu_kvm', 'qb_opt_append', 'qb_rng', 'qb_graphics', 'qb_serial_opt'],
  ...['qb_rootfs_opt', 'qb_network_device', 'qb_tap_opt', 'qb_slirp_opt', 'qb_audio_opt', 'qb_tcpserial_opt'],
]
/** Commands of a shell, which runqemu runs on this machine. */
const hooks = ['qb_setup_cmd', 'qb_cleanup_cmd']

/**
 * What of a conf is not on the list, as `key: words`.
 * runqemu splits its whole line as a shell does; quotes are words of nobody's machine, so they are not on the list.
 */
export function foreignArguments(conf: QemubootConf): string[] {
  const hooksThere = hooks.flatMap((key) =>
    conf.get(key) === undefined ? [] : [`${key}: ${conf.get(key) ?? ''}`],
  )
  return [
    ...hooksThere,
    ...keys.flatMap((key) => foreignIn(conf.raw(key) ?? '').map((words) => `${key}: ${words}`)),
  ]
}

function foreignIn(value: string): string[] {
  const words = value.split(/\s+/).filter(Boolean)
  const foreign: string[] = []
  for (let index = 0; index < words.length; index++) {
    const option = /^--?([a-zA-Z][\w-]*)$/.exec(words[index] ?? '')?.[1]
    const next = words[index + 1]
    const argument = next === undefined || next.startsWith('-') ? undefined : next
    if (argument !== undefined) index++
    const rule = allowed[option === 'M' ? 'machine' : (option ?? '')]
    const good =
      option !== undefined && options.has(option) && (argument === undefined || !rule || rule.test(argument))
    if (!good || /["'`$;|&\\]/.test(argument ?? ''))
      foreign.push([words[index - (argument === undefined ? 0 : 1)], argument].filter(Boolean).join(' '))
  }
  return foreign
}

/** @throws StackrigError QEMUBOOT_INVALID naming the arguments that are not on the list. */
export function refuseForeignArguments(conf: QemubootConf, image: string): void {
  const foreign = foreignArguments(conf)
  if (foreign.length === 0) return
  throw new StackrigError(
    'QEMUBOOT_INVALID',
    'A qemuboot.conf calls QEMU with arguments of the documented list only (docs/yocto.md).',
    {
      where: conf.file,
      seen: foreign.join('\n'),
      next: `take them out; or, if image ${image} is your own build, import it with --trust`,
    },
  )
}

/** @throws StackrigError QEMUBOOT_INVALID for an image of a processor that stackrig starts no QEMU for. */
export function refuseOtherProcessor(conf: QemubootConf): void {
  const [machine, arch] = [conf.get('machine') ?? '', conf.get('tune_arch') ?? '']
  const system = conf.get('qb_system_name') ?? systemOf(`${machine} ${arch}`)
  if (system === undefined || /^qemu-system-(?:x86_64|i386)$/.test(system)) return
  throw new StackrigError(
    'QEMUBOOT_INVALID',
    'An image is one for x86: stackrig starts qemu-system-x86_64 only.',
    {
      where: conf.file,
      seen: `it wants ${system}; stackrig has no machine, console or disk of it, and does not call it`,
      next: 'import the build for MACHINE = "qemux86-64"',
    },
  )
}

function systemOf(names: string): string | undefined {
  if (/arm64|aarch64/.test(names)) return 'qemu-system-aarch64'
  const [, other] = /\b(?:qemu)?(arm|mips\w*|ppc\w*|riscv\w*|loongarch64)\b/.exec(names) ?? []
  return other && `qemu-system-${other}`
}
