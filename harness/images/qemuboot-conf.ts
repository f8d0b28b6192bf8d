import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StackrigError } from '../errors/index.js'

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

  constructor(file: string, values: ReadonlyMap<string, string>) {
    this.file = file
    this.#values = values
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

  /** The first number in a value such as `-m 4096` or `-smp 2`, or undefined. */
  number(key: string): number | undefined {
    const digits = /\d+/.exec(this.get(key) ?? '')
    return digits ? Number(digits[0]) : undefined
  }

  /** The kernel to boot. Throws QEMUBOOT_INVALID. */
  get kernel(): string {
    return (
      this.get('kernel') ??
      // Releases up to pyro wrote a whole path.
      resolve(this.folder, this.get('qb_default_kernel') ?? this.require('kernel_imagetype'))
    )
  }

  /** The root file system; undefined when there is none. An initramfs counts as one. Throws QEMUBOOT_INVALID. */
  get rootfs(): string | undefined {
    if (this.get('qb_rootfs') === 'none') return undefined
    const type = this.require('qb_default_fstype')
    if (type === 'none') return undefined
    const given = this.get('rootfs')
    if (given) return given
    const names = [this.get('image_link_name'), this.get('image_name')].filter((name) => name !== undefined)
    const files = names.map((name) => join(this.folder, `${name}.${type}`))
    const file = files.find((candidate) => existsSync(candidate)) ?? files[0]
    if (!file) throw invalid(this.file, 'the keys rootfs, image_link_name and image_name are all missing')
    return file
  }

  /** The initial RAM disk: an initramfs that is the whole system, or one named in qb_opt_append. */
  get initrd(): string | undefined {
    if (this.isInitramfs) return this.rootfs
    // Words end at a blank, which the folder's own path may have.
    const [, file] = /(?:^|\s)-initrd\s+(\S+)/.exec(this.#values.get('qb_opt_append') ?? '') ?? []
    return file && this.#absolute(file)
  }

  /** Whether the root file system is an initramfs. */
  get isInitramfs(): boolean {
    return this.get('qb_default_fstype')?.startsWith('cpio') ?? false
  }
}

/** Reads a `*.qemuboot.conf`. Throws QEMUBOOT_INVALID. */
export function readQemubootConf(file: string): QemubootConf {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(file, 'it cannot be read', cause)
  }
  return parseQemubootConf(text, file)
}

/** The configuration in the text of a `*.qemuboot.conf`. Throws QEMUBOOT_INVALID. */
export function parseQemubootConf(text: string, file: string): QemubootConf {
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
  return new QemubootConf(file, values)
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
