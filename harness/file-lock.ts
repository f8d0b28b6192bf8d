import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** A lock on a path that this process holds. */
export interface FileLock extends AsyncDisposable {
  release(): Promise<void>
}

/**
 * flock(1) holds the lock for as long as the pipe to it is open: however this process ends, it is free then; while it is
 * suspended, it is not. The file itself is never removed: whoever waits for it has it open.
 */
async function hold(path: string, words: string[], signal?: AbortSignal): Promise<FileLock | undefined> {
  const child = spawn('flock', [...words, path, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    ...(signal && { signal }),
  })
  child.on('error', () => undefined)
  const locked = once(child.stdout, 'data').then(() => true)
  const ended = once(child, 'close').then(() => false)
  if (!(await Promise.race([locked, ended]))) {
    signal?.throwIfAborted()
    return undefined
  }
  return { release: () => release(child), [Symbol.asyncDispose]: () => release(child) }
}

async function release(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close')
  child.stdin?.end()
  if (child.exitCode === null && child.signalCode === null) await ended
}

/** The lock, when nobody has it. */
export const tryLock = (path: string): Promise<FileLock | undefined> => hold(path, ['--nonblock'])

/** The lock, as soon as nobody else has it. */
export async function lockFile(
  path: string,
  { signal, onWait }: { signal?: AbortSignal | undefined; onWait?: () => void } = {},
): Promise<FileLock> {
  const free = await tryLock(path)
  if (free) return free
  onWait?.()
  const lock = await hold(path, [], signal)
  if (lock) return lock
  throw new Error(`${path} cannot be locked`)
}
