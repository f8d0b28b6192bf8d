import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { endingWithUs } from './ending-with-us.js'
import { messageOf, StackrigError } from './errors/index.js'
import { makeFolder } from './make-folder.js'

/** Exit statuses: ours for a lock that is held, setpriv's for a program that is not there. */
const taken = 75
const notFound = 127

/** A lock that this process holds; it is free when released, or when this process has ended, however it ended. */
export class FileLock implements AsyncDisposable {
  #descriptor: number | undefined

  readonly path: string

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  /** Whether it is held and its file still there: when the file is gone, another process may hold the lock of a new one. */
  get held(): boolean {
    return this.#descriptor !== undefined && isFileOf(this.#descriptor, this.path)
  }

  /** Makes this all that the file holds. */
  note(text: string): void {
    if (this.#descriptor === undefined) throw new TypeError('the lock was released')
    ftruncateSync(this.#descriptor)
    writeSync(this.#descriptor, text)
  }

  release(): Promise<void> {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}

export interface LockOptions {
  /** Ends the waiting; a lock that is held stays. */
  signal?: AbortSignal | undefined
  /** Called once when another holds the lock. */
  onWait?: (() => void) | undefined
}

/**
 * Holds the lock of a folder, or of a file, which is made when missing and never removed. Waits for as long as another holds it; a holder
 * that is suspended keeps it.
 *
 * The lock is flock(2)'s, which belongs to an open file, not to a process: flock(1) takes it on a descriptor that it
 * shares with us, and leaves it to us when it ends. Programs that we start do not inherit the descriptor.
 * @throws StackrigError ABORTED, HOST_DISK, HOST_PROGRAM_MISSING
 */
export async function lockFile(path: string, { signal, onWait }: LockOptions = {}): Promise<FileLock> {
  const free = await tryLock(path, signal)
  if (free) return free
  onWait?.()
  for (;;) {
    const lock = await take(path, [], signal)
    if (lock) return lock
  }
}

/** The lock of a file, or undefined while another holds it. @throws StackrigError like lockFile */
export async function tryLock(path: string, signal?: AbortSignal): Promise<FileLock | undefined> {
  return await take(path, ['--nonblock', '--conflict-exit-code', String(taken)], signal)
}

/** Undefined when another holds it, or when the file was replaced while we waited. */
async function take(path: string, flags: string[], signal?: AbortSignal): Promise<FileLock | undefined> {
  if (signal?.aborted) throw givenUp(path)
  const descriptor = openLock(path)
  let kept = false
  try {
    const status = await runFlock([...flags, '3'], descriptor, path, signal)
    if (signal?.aborted) throw givenUp(path)
    if (status !== 0 && status !== taken) throw refused(path, `flock ended with status ${status}`)
    if (status === taken || !isFileOf(descriptor, path)) return undefined
    kept = true
    return new FileLock(path, descriptor)
  } finally {
    if (!kept) closeSync(descriptor)
  }
}

async function runFlock(
  args: string[],
  descriptor: number,
  path: string,
  signal?: AbortSignal,
): Promise<number | null> {
  // It waits no longer than we live. Of a process group of its own: Ctrl-C is for us, and our signal ends it.
  const [program, ...words] = endingWithUs('KILL', 'flock', ...args)
  const child = spawn(program, words, {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
  })
  const end = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', end)
  try {
    const [status] = (await once(child, 'exit')) as [number | null]
    if (status === notFound) throw missing(path, 'flock is not on PATH')
    return status
  } catch (cause) {
    if (cause instanceof StackrigError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw missing(path, messageOf(cause), cause)
    throw refused(path, messageOf(cause), cause)
  } finally {
    signal?.removeEventListener('abort', end)
  }
}

function missing(path: string, seen: string, cause?: unknown): StackrigError {
  return new StackrigError('HOST_PROGRAM_MISSING', 'flock and setpriv must be installed to lock files.', {
    where: path,
    seen,
    next: 'apt-get install util-linux',
    cause,
  })
}

function openLock(path: string): number {
  try {
    // A folder has a lock of its own, and needs no file.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return openSync(path, 'r')
    makeFolder(dirname(path))
    // No link: in a folder that guests' machines write to, it could lead to another file, which is then made, and written to.
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants
    return openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_RDWR, 0o600)
  } catch (cause) {
    throw refused(path, messageOf(cause), cause)
  }
}

function isFileOf(descriptor: number, path: string): boolean {
  const ours = fstatSync(descriptor)
  const there = statSync(path, { throwIfNoEntry: false })
  return there?.ino === ours.ino && there.dev === ours.dev
}

function refused(path: string, seen: string, cause?: unknown): StackrigError {
  return new StackrigError('HOST_DISK', 'A lock file must be made and locked.', {
    where: path,
    seen,
    next: 'make room there and let yourself write there, or set STACKRIG_CACHE to a folder of yours',
    cause,
  })
}

const givenUp = (path: string): StackrigError =>
  new StackrigError('ABORTED', 'Waiting for a lock was given up.', { where: path })
