import { closeSync, constants, openSync } from 'node:fs'

// What nsenter(1) calls the namespaces, and what /proc/PID/ns does.
const kinds = [
  ['user', 'user'],
  ['net', 'net'],
  ['mount', 'mnt'],
  // The outermost process is in all but this one, which its child is in.
  ['pid', 'pid_for_children'],
] as const

/** After its standard input, output and error. */
const firstInChild = 3

/**
 * The namespaces of a sandbox and its folder, held by descriptor: a process number may be given anew after its process
 * has ended, and whoever then entered by number would be in another's. Held namespaces outlive their processes, and with
 * them the memory of the machines that lies in /dev/shm: they must be closed.
 */
export class Namespaces implements Disposable {
  readonly #held: number[]

  private constructor(held: number[]) {
    this.#held = held
  }

  /** Those of the process with this number, which the caller knows to be the right one. Throws what open(2) does. */
  static of(pid: number): Namespaces {
    const held: number[] = []
    try {
      for (const [, file] of kinds) held.push(openSync(`/proc/${pid}/ns/${file}`, constants.O_RDONLY))
      // As the sandbox sees the folder, not as its owner does.
      held.push(openSync(`/proc/${pid}/cwd`, constants.O_RDONLY | constants.O_DIRECTORY))
      return new Namespaces(held)
    } catch (error) {
      for (const descriptor of held) closeSync(descriptor)
      throw error
    }
  }

  /** For a child's `stdio`, after its first three. */
  get descriptors(): readonly number[] {
    return this.#held
  }

  /** The numbers that they have in a child. */
  get numbers(): number[] {
    return this.#held.map((_, index) => firstInChild + index)
  }

  /** The words before a command whose process was started with `descriptors`. */
  get words(): string[] {
    return enterWords((index) => `/proc/self/fd/${firstInChild + index}`)
  }

  /** The same, but into the network only. Who is not root of this machine has to be root of the sandbox for that (setns(2)). */
  networkWords(isRoot: boolean): string[] {
    return networkWords((index) => `/proc/self/fd/${firstInChild + index}`, isRoot)
  }

  /** The same for a process that cannot be handed descriptors, as `wordsForOthers`. */
  networkWordsForOthers(isRoot: boolean): string[] {
    return networkWords((index) => `/proc/${process.pid}/fd/${this.#held[index] ?? -1}`, isRoot)
  }

  /** The same, but into all else than the network: what is started so ends with the sandbox, and is in the network of this machine. */
  get wordsWithoutNetwork(): string[] {
    return this.words.filter((word) => !word.startsWith('--net='))
  }

  /** The same for a process that cannot be handed descriptors; they hold as long as this process does not close them. */
  get wordsForOthers(): string[] {
    return enterWords((index) => `/proc/${process.pid}/fd/${this.#held[index] ?? -1}`)
  }

  close(): void {
    for (const descriptor of this.#held.splice(0)) closeSync(descriptor)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function networkWords(path: (index: number) => string, isRoot: boolean): string[] {
  const wanted = isRoot ? ['net'] : ['user', 'net']
  const options = enterWords(path).filter((word) => wanted.some((name) => word.startsWith(`--${name}=`)))
  return ['nsenter', ...(isRoot ? [] : ['--preserve-credentials']), ...options]
}

function enterWords(path: (index: number) => string): string[] {
  const namespaces = kinds.map(([name], index) => `--${name}=${path(index)}`)
  return ['nsenter', '--preserve-credentials', ...namespaces, `--wd=${path(kinds.length)}`]
}
