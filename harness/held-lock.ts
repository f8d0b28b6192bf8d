import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { lineForPeople, StackrigError } from './errors/index.js'
import { lockFile, tryLock, type FileLock } from './file-lock.js'
import { withTimeLimit } from './time-limit.js'

/** A lock that tells others who holds it, and whoever comes next whether it was given back in order. */
export class HeldLock {
  readonly #lock: FileLock
  /** Whether the holder before this one ended without giving it back. */
  readonly wasLeft: boolean

  private constructor(lock: FileLock, wasLeft: boolean) {
    this.#lock = lock
    this.wasLeft = wasLeft
    lock.note(String(process.pid))
  }

  /** The lock of this file, which is made when missing; undefined while another holds it. @throws StackrigError as `tryLock` */
  static async tryTake(path: string): Promise<HeldLock | undefined> {
    const lock = await tryLock(path)
    return lock && new HeldLock(lock, noteIn(path) !== '')
  }

  /**
   * The same, and waits while another holds it.
   * @param what that the lock is of, for people
   * @throws StackrigError NODE_HELD naming the holder, after `timeout`, ms; the signal's reason.
   */
  static async take(path: string, what: string, { timeout, signal }: TakeOptions): Promise<HeldLock> {
    const late = (): Error => held(what, [path])
    return await withTimeLimit({ timeout, late, signals: [signal] }, async (either) => {
      const lock = await lockFile(path, { signal: either }).catch((error: unknown) => {
        either.throwIfAborted()
        throw error
      })
      return new HeldLock(lock, noteIn(path) !== '')
    })
  }

  /** @param inOrder false when what it guards was left in a state that the next holder has to mend */
  async giveBack(inOrder = true): Promise<void> {
    if (inOrder) this.#lock.note('')
    await this.#lock.release()
  }
}

interface TakeOptions {
  timeout: number
  signal: AbortSignal
}

/** That something of a node is held by others, and by whom. */
export function held(what: string, locks: readonly string[]): StackrigError {
  return new StackrigError('NODE_HELD', `${what} must be free`, {
    seen: [...new Set(locks.map(holderOf))].join('\n'),
    next: 'end one of these, or wait until it has ended',
  })
}

/** Who holds a lock, for people, as `process 12: npx stackrig shell one`. Believed is a process that has the file open. */
function holderOf(path: string): string {
  const pid = noteIn(path)
  if (!/^\d{1,10}$/.test(pid) || !hasOpen(pid, path)) return 'another process'
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  return `process ${pid}: ${lineForPeople(words)}`
}

function noteIn(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function hasOpen(pid: string, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) => linkOf(`/proc/${pid}/fd/${name}`) === path)
  } catch {
    return false
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
