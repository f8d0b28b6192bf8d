import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { findKernel, findRootfs } from './boot-files.js'
import {
  does,
  firstRelease,
  isOpenembeddedRelease,
  releaseRange,
  type Habit,
  type ReleaseRange,
} from './openembedded-release.js'

const section = 'config_bsp'

/** What qemuboot.bbclass writes beside the build's QB_ variables (all of them), and what runqemu reads besides. */
const buildKeys = new Set([
  ...[
    'machine',
    'tune_arch',
    'deploy_dir_image',
    'kernel_imagetype',
    'kernel_image_name',
    'kernel_image_bin_ext',
    'image_name',
    'image_link_name',
    'multiconfig',
  ],
  ...[
    'staging_dir_native',
    'staging_bindir_native',
    'staging_dir_host',
    'serial_consoles',
    'uninative_loader',
  ],
  ...['kernel', 'rootfs', 'bios', 'device_tree', 'oecore_native_sysroot'],
])

/**
 * A `*.qemuboot.conf` as OpenEmbedded's qemuboot.bbclass writes it and its runqemu reads it: Python's ConfigParser with
 * interpolation, one section. Keys are case-insensitive.
 */
export class QemubootConf {
  readonly file: string
  readonly #values: ReadonlyMap<string, string>
  /** The releases whose runqemu it is for. */
  readonly releases: ReleaseRange

  /** `release` is the one that the image's build or its importer names; without one that is known, the keys say it. */
  constructor(file: string, values: ReadonlyMap<string, string>, release?: string) {
    this.file = file
    this.#values = values
    this.releases = isOpenembeddedRelease(release) ? { first: release, last: release } : releaseRange(values)
  }

  /**
   * Whether the runqemu of this conf's release does something. Asked only where the conf has what it is about.
   * @throws StackrigError QEMUBOOT_INVALID when it may be of a release that does, and of one that does not.
   */
  does(habit: Habit, about: string): boolean {
    const answer = does(habit, this.releases)
    if (answer !== undefined) return answer
    const { first, last } = this.releases
    throw new StackrigError(
      'QEMUBOOT_INVALID',
      `The qemuboot.conf cannot be used: runqemu reads ${about} otherwise since ${firstRelease(habit)}.`,
      {
        where: this.file,
        seen: `by its keys, a release from ${first} to ${last} wrote it`,
        next: `say which: npx stackrig images import … --release ${last}`,
      },
    )
  }

  /** The folder of the file; runqemu takes it for DEPLOY_DIR_IMAGE, whatever the file says. */
  get folder(): string {
    return dirname(this.file)
  }

  /** A value, or undefined when the key is missing or empty. Values that begin with `../` are resolved as runqemu does. */
  get(key: string): string | undefined {
    const value = this.#values.get(key.toLowerCase())
    if (!value) return undefined
    if (value.startsWith('../') || value === '.') return resolve(this.folder, value)
    return this.#absolute(value)
  }

  /** A value as it stands in the file. */
  raw(key: string): string | undefined {
    return this.#values.get(key.toLowerCase())
  }

  #absolute(value: string): string {
    return value.replaceAll('@DEPLOY_DIR_IMAGE@', this.folder)
  }

  /** All values, as `get` gives them. */
  resolved(): Record<string, string> {
    return Object.fromEntries([...this.#values.keys()].map((key) => [key, this.get(key) ?? '']))
  }

  /** A value that must be there. Throws QEMUBOOT_INVALID. */
  require(key: string): string {
    const value = this.get(key)
    if (value === undefined) throw invalid(this.file, `the key ${key.toLowerCase()} is missing`)
    return value
  }

  /**
   * Makes sure that every key is one that OpenEmbedded writes: runqemu passes over one with a slip of the pen.
   * @throws StackrigError QEMUBOOT_INVALID
   */
  refuseUnknownKeys(): void {
    const unknown = [...this.#values.keys()].filter((key) => !key.startsWith('qb_') && !buildKeys.has(key))
    if (unknown.length > 0)
      throw invalid(this.file, `it has keys that runqemu does not know: ${unknown.join(', ')}`)
  }

  /** MiB of memory; runqemu's own default without QB_MEM. Throws QEMUBOOT_INVALID. */
  get memoryMiB(): number {
    const appended = this.does('qb_opt_append first', 'qb_opt_append') ? undefined : this.option('m')
    const given = appended ?? this.get('qb_mem')
    if (given === undefined) return this.does('256 MiB', 'an empty qb_mem') ? 256 : 512
    // QEMU docs, "Invocation", -m: megabytes, or with a suffix M or G.
    const [, amount, unit = 'M'] = /^(?:-m\s*)?(?:size=)?(\d+)([MmGg]?)(?:,.*)?$/.exec(given) ?? []
    if (amount === undefined || Number(amount) === 0)
      throw invalid(this.file, `qb_mem must be as "-m 4096" or "-m 4G", but is "${given}"`)
    if (!appended && !given.startsWith('-m') && !this.does('memory without -m', `"${given}" in qb_mem`))
      throw invalid(this.file, `qb_mem is "${given}", which runqemu before thud gives to QEMU without -m`)
    return Number(amount) * (/^g$/i.test(unit) ? 1024 : 1)
  }

  /** Number of processors; QEMU's own default is one. Throws QEMUBOOT_INVALID. */
  get cpus(): number {
    const smp = this.get('qb_smp')
    const read = smp !== undefined && this.does('processors', 'qb_smp') ? smp : ''
    const given = read || this.option('smp')
    if (given === undefined) return 1
    const [, count] = /^(?:-smp\s+)?(?:cpus=)?(\d+)(?:,.*)?$/.exec(given) ?? []
    if (count === undefined || Number(count) === 0 || (read && !read.startsWith('-smp')))
      throw invalid(this.file, `qb_smp must be as "-smp 2" or "-smp cpus=2", but is "${given}"`)
    return Number(count)
  }

  /** What the kernel is told of its root: writable, unless the value says how it is mounted and the release listens to that. */
  get root(): string {
    const root = this.get('qb_kernel_root') ?? '/dev/vda'
    const says = /\s(?:ro|rw)(?:\s|$)/.test(root) && this.does('mode of the root', `qb_kernel_root = ${root}`)
    return says ? root : `${root} rw`
  }

  /** The machine, with its properties: `-machine` may also stand beside the processor, as in qemux86-64 since langdale. */
  get machine(): string | undefined {
    return this.option('machine', 'M')
  }

  /** What the last of these options says, which QEMU takes. runqemu writes qb_opt_append before qb_machine and qb_cpu, morty's behind them. */
  option(...names: string[]): string | undefined {
    const keys = ['qb_machine', 'qb_cpu']
    if (this.does('qb_opt_append first', 'qb_opt_append')) keys.unshift('qb_opt_append')
    else keys.push('qb_opt_append')
    const words = keys.map((key) => this.get(key) ?? '').join(' ')
    const found = [...words.matchAll(new RegExp(`(?:^|\\s)--?(?:${names.join('|')})\\s+(\\S+)`, 'g'))]
    return found.at(-1)?.[1]
  }

  /** The kernel to boot; undefined for a disk with a boot loader. Throws QEMUBOOT_INVALID, IMAGE_MISSING. */
  get kernel(): string | undefined {
    return findKernel(this)
  }

  /** The root file system; undefined when there is none. An initramfs counts as one. Throws QEMUBOOT_INVALID, IMAGE_MISSING. */
  get rootfs(): string | undefined {
    return findRootfs(this)
  }

  /** The initial RAM disk: an initramfs that is the whole system, or one named in qb_opt_append. */
  get initrd(): string | undefined {
    // Words end at a blank, which the folder's own path may have. QEMU takes options with one dash or two.
    const [, file] = /(?:^|\s)--?initrd\s+(\S+)/.exec(this.#values.get('qb_opt_append') ?? '') ?? []
    if (this.isInitramfs) {
      if (file === undefined) return this.rootfs
      throw invalid(this.file, `it has an initramfs and -initrd ${file}, and QEMU takes one only`)
    }
    if (file === undefined) return undefined
    if (file.includes('@DEPLOY_DIR_IMAGE@') && !this.does('folder in arguments', '@DEPLOY_DIR_IMAGE@'))
      throw invalid(this.file, `runqemu before kirkstone gives QEMU the very words -initrd ${file}`)
    const path = this.#absolute(file)
    if (isAbsolute(path)) return path
    throw invalid(this.file, `-initrd ${file} is looked for in the folder that runqemu is called in`)
  }

  /** Whether the root file system is an initramfs. */
  get isInitramfs(): boolean {
    return /^cpio/.test(this.get('qb_default_fstype') ?? '')
  }
}

/** Reads a `*.qemuboot.conf`, one for runqemu of that release. Throws QEMUBOOT_INVALID. */
export function readQemubootConf(file: string, release?: string): QemubootConf {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(file, 'it cannot be read', cause)
  }
  return parseQemubootConf(text, file, release)
}

/** The configuration in the text of a `*.qemuboot.conf`. Throws QEMUBOOT_INVALID. */
export function parseQemubootConf(text: string, file: string, release?: string): QemubootConf {
  const values = new Map<string, string>()
  let current: string | undefined
  let key: string | undefined
  text.split('\n').forEach((line, index) => {
    const where = `line ${index + 1}: ${line}`
    if (/^\s*(?:[#;]|$)/.test(line)) return
    const header = /^\[(?<name>[^\]]+)\]\s*$/.exec(line)?.groups?.['name']
    if (header !== undefined) {
      current = header
      key = undefined
      return
    }
    if (current === undefined) throw invalid(file, `a value stands before the first [section], ${where}`)
    if (current !== section) return
    if (/^\s/.test(line) && key !== undefined) {
      values.set(key, `${values.get(key) ?? ''}\n${unescape(line.trim(), file, where)}`)
      return
    }
    // One expression for the whole line takes time with the third power of the blanks in it.
    const separator = line.search(/[=:]/)
    key = line.slice(0, Math.max(separator, 0)).trim().toLowerCase()
    if (key === '') throw invalid(file, `this is no "key = value", ${where}`)
    if (values.has(key)) throw invalid(file, `the key ${key} occurs twice, ${where}`)
    values.set(key, unescape(line.slice(separator + 1).trim(), file, where))
  })
  if (current === undefined) throw invalid(file, `the section [${section}] is missing`)
  return new QemubootConf(file, values, release)
}

/** The text of a `*.qemuboot.conf` with these values. */
export function formatQemubootConf(values: Record<string, string>): string {
  const lines = Object.entries(values).map(
    ([key, value]) => `${key.toLowerCase()} = ${value.replaceAll('%', '%%')}`,
  )
  return `[${section}]\n${lines.join('\n')}\n`
}

function unescape(value: string, file: string, where: string): string {
  if (/%/.test(value.replaceAll('%%', ''))) throw invalid(file, `a single % must be written %%, ${where}`)
  return value.replaceAll('%%', '%')
}

function invalid(file: string, problem: string, cause?: unknown): StackrigError {
  return new StackrigError('QEMUBOOT_INVALID', `The qemuboot.conf cannot be used: ${problem}.`, {
    where: file,
    cause,
  })
}
