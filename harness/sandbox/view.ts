import { realpathSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { systemCode } from '../errors/index.js'
import { isWithin, type Mounts } from './mounts.js'

/** What a program of a sandbox sees of this machine's files, beside programs and the folder of its sandbox. */
export interface View {
  /** Files and folders that it may read; what is not there is left out. */
  reads?: readonly (string | undefined)[] | undefined
  /** Files and folders that it may write to, too. */
  writes?: readonly string[] | undefined
  /** Folders of its own, for files that go with it. */
  scratch?: readonly string[] | undefined
  /**
   * Whether it has the number of an ordinary user, not root's: for programs that make namespaces of their own, as Chromium, and
   * for that write to their own folder of /proc.
   */
  ordinaryUser?: boolean | undefined
}

/** A file or folder that is seen. */
export interface Place {
  /** Where: what is of this machine at its own path. */
  at: string
  /** The same without symbolic links; a word for what is not of this machine. */
  from: string
  isFolder: boolean
  /** How it is mounted; rbind: with what is mounted in it. */
  kind: 'bind' | 'rbind' | 'tmpfs'
  /** What its mount forbids: `ro`, `nosuid`, `nodev`, `noexec` (mount(8)). */
  options: readonly string[]
  /** What is mounted in it, by paths that begin with `at`: to be read only, each has to be said to be. */
  inner: readonly { at: string; options: readonly string[] }[]
}

/** In the folder of a sandbox: where the roots of its programs are put together. */
export const viewFolder = (folder: string): string => join(folder, 'view')

/** Programs, and what belongs to them on every machine: nothing that is secret. */
const programs = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/opt']

/** Of the machine's configuration what programs need to run: no passwords, and no keys. */
const configuration = [
  ...['alternatives', 'chromium', 'chromium.d', 'fonts', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d'],
  ...['ld.so.preload', 'localtime', 'timezone', 'mime.types', 'nsswitch.conf', 'passwd', 'group', 'hosts'],
  ...['ssl/certs', 'ssl/openssl.cnf', 'qemu'],
].map((name) => join('/etc', name))

/** How many processors there are, and how large pages; the fonts that a browser finds. */
const facts = ['/sys/devices/system', '/sys/kernel/mm/transparent_hugepage', '/var/cache/fontconfig']

/** No others: the disks of this machine are devices, too, and a mount that is read-only does not keep anybody from writing to them. */
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'net/tun', 'kvm'].map((name) =>
  join('/dev', name),
)

/** Of /proc what is the whole machine's, and root may change without any capability. */
const wholeMachine = ['sys', 'sysrq-trigger', 'irq', 'bus', 'fs', 'acpi', 'scsi'].map((name) =>
  join('/proc', name),
)

/**
 * All that a program sees, in the order in which it must be mounted.
 * @param folder of the sandbox
 * @param mounts those in the sandbox
 */
export function placesOf(view: View, folder: string, mounts: Mounts): Place[] {
  const places = new Places(mounts)
  for (const path of [...devices, '/dev/shm', folder, ...(view.writes ?? [])]) places.add(path, 'write')
  places.add('/proc', view.ordinaryUser ? 'write' : 'read')
  for (const path of view.ordinaryUser ? wholeMachine : []) places.add(path, 'only read')
  // One program must not change what others will see.
  places.add(viewFolder(folder), 'only read')
  for (const path of [...programs, ...configuration, ...facts, ...(view.reads ?? [])])
    if (path !== undefined) places.add(path, 'read')
  for (const path of view.scratch ?? []) places.addScratch(path)
  return places.inOrder
}

class Places {
  readonly #mounts: Mounts
  readonly #found: Place[] = []

  constructor(mounts: Mounts) {
    this.#mounts = mounts
  }

  /** Folders come before what lies in them. */
  get inOrder(): Place[] {
    return this.#found.toSorted((a, b) => (a.at < b.at ? -1 : 1))
  }

  /** @param may `only read`: although it lies in a folder that may be written to. */
  add(path: string, may: 'read' | 'only read' | 'write'): void {
    const given = resolve(path)
    const from = realOf(given)
    // Of the devices of this machine nobody may add one, and nobody all that there is.
    if (from === undefined || from === '/' || (may === 'read' && !isPlain(from))) return
    // Where a link leads is seen, too: the link itself may lie in a folder that is seen.
    for (const at of new Set([given, from])) {
      if (may === 'only read' || !this.#shows(at, may)) this.#found.push(this.#placeOf(at, from, may))
    }
  }

  addScratch(at: string): void {
    const options = ['nosuid', 'nodev', 'noexec']
    this.#found.push({ at, from: 'stackrig', isFolder: true, kind: 'tmpfs', options, inner: [] })
  }

  /** Whether it is seen already, in a folder. */
  #shows(path: string, may: 'read' | 'write'): boolean {
    return this.#found.some(
      ({ at, isFolder, options }) =>
        isWithin(path, at) && (isFolder || path === at) && (may === 'read' || !options.includes('ro')),
    )
  }

  #placeOf(at: string, from: string, may: 'read' | 'only read' | 'write'): Place {
    const isFolder = statSync(from).isDirectory()
    const mounted = isFolder ? this.#mounts.below(from) : []
    const optionsAt = (path: string): string[] => {
      const inherited = this.#mounts.optionsAt(path)
      return may === 'write' || inherited.includes('ro') ? inherited : [...inherited, 'ro']
    }
    return {
      ...{ at, from, isFolder },
      // What is mounted in a folder cannot be left out by who did not mount it (mount_namespaces(7)).
      kind: mounted.length > 0 ? 'rbind' : 'bind',
      options: optionsAt(from),
      inner:
        may === 'write'
          ? []
          : mounted.map((mount) => ({ at: join(at, relative(from, mount)), options: optionsAt(mount) })),
    }
  }
}

function isPlain(path: string): boolean {
  const found = statSync(path)
  return found.isFile() || found.isDirectory()
}

/** Without symbolic links; undefined for what is not there, or not to be seen by this user either. */
function realOf(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(systemCode(error))) return undefined
    throw error
  }
}
