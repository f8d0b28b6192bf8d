import { readFileSync } from 'node:fs'

interface Mount {
  id: string
  /** The mount that it lies on. */
  parent: string
  at: string
  options: readonly string[]
}

/** What a user namespace may not take from a mount that it did not make (mount_namespaces(7), locked mounts). */
const lasting = ['ro', 'nosuid', 'nodev', 'noexec']

/** The mounts that a process sees (proc(5), /proc/PID/mountinfo). */
export class Mounts {
  readonly #mounts: readonly Mount[]

  /** @param text of mountinfo */
  constructor(text: string) {
    this.#mounts = text.split('\n').flatMap((line) => {
      const [id, parent, , , at, options] = line.split(' ')
      if (id === undefined || parent === undefined || at === undefined) return []
      return [{ id, parent, at: plain(at), options: options?.split(',') ?? [] }]
    })
  }

  /** Throws what the system says when it cannot look. */
  static of(pid: number): Mounts {
    return new Mounts(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'))
  }

  /** What must be said again when a path is mounted once more. @param path without symbolic links */
  optionsAt(path: string): string[] {
    const own = this.#mountOf(path)?.options ?? []
    return lasting.filter((option) => own.includes(option))
  }

  /** Where something is mounted below a path. @param path without symbolic links */
  below(path: string): string[] {
    return this.#mounts
      .filter((mount) => mount.at !== path && isWithin(mount.at, path) && this.#mountOf(mount.at) === mount)
      .map(({ at }) => at)
  }

  /** The mount that a path leads to: others may lie hidden below it. */
  #mountOf(path: string): Mount | undefined {
    const ids = new Set(this.#mounts.map(({ id }) => id))
    let found = this.#mounts.find(({ parent }) => !ids.has(parent))
    for (let next = found; next !== undefined; next = this.#nextOn(next, path)) found = next
    return found
  }

  /** The first mount on another one that a path comes to. */
  #nextOn(mount: Mount, path: string): Mount | undefined {
    return this.#mounts
      .filter(({ id, parent, at }) => parent === mount.id && id !== parent && isWithin(path, at))
      .sort((a, b) => a.at.length - b.at.length)[0]
  }
}

/** Whether a path is that of a folder, or of something in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** Blanks, tabs, line ends and backslashes are written in octal there. */
const plain = (word: string): string =>
  word.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
