import { watch } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import { milliseconds, type Duration } from '../duration.js'
import { hostFault, messageOf, StackrigError, systemCode } from '../errors/index.js'

/** How long nothing may be heard of a folder before it is looked at again, ms; where the kernel tells nothing of it, that is all there is. */
const quietTime = 20
const deafTime = 5
/** How long somebody may take to listen on a socket that is there, ms. */
const listeningTime = 1

const wanted = 'QEMU must listen on its socket'

/**
 * QEMU makes its sockets a moment after it starts; until then there is no file, or nobody behind it.
 * @throws StackrigError QMP_FAILED after `timeout`, default 2 min: a busy machine starts a program slowly; HOST_LIMIT; the
 * signal's reason.
 */
export async function connectWhenListening(
  path: string,
  signal: AbortSignal,
  { timeout = '2min' }: { timeout?: Duration } = {},
): Promise<Socket> {
  let news: FolderNews | undefined
  let changed: Promise<void> | undefined
  const attempt = (): Promise<Socket> => {
    // Begun before the look, so that nothing is missed between.
    changed = news?.next()
    return connect(path)
  }
  try {
    return await pRetry(attempt, {
      ...{ retries: Number.POSITIVE_INFINITY, minTimeout: 0, maxRetryTime: milliseconds(timeout) },
      signal,
      onFailedAttempt: async ({ error }) => {
        const fault = hostFault(error, wanted, path)
        if (fault instanceof StackrigError && fault.code === 'HOST_LIMIT') throw fault
        await (systemCode(error) === 'ECONNREFUSED' ? delay(listeningTime) : changed)
        news ??= new FolderNews(dirname(path))
      },
    })
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof StackrigError) throw cause
    const next = 'DEBUG=stackrig:qemu shows the command line'
    throw new StackrigError('QMP_FAILED', wanted, { where: path, seen: messageOf(cause), next, cause })
  } finally {
    news?.[Symbol.dispose]()
  }
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const attempt = createConnection(path)
    attempt.once('connect', () => resolve(attempt))
    // Not once: QEMU may end before whoever asked has looked at the stream.
    attempt.on('error', reject)
  })
}

/** Tells when something is made in a folder (inotify(7)). */
class FolderNews implements Disposable {
  #tell: () => void = () => undefined
  #silence = quietTime
  readonly #close: () => void

  constructor(folder: string) {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#tell())
      watcher.on('error', () => (this.#silence = deafTime))
      this.#close = () => watcher.close()
    } catch {
      // It has just gone, or too many are watched on this machine.
      this.#silence = deafTime
      this.#close = () => undefined
    }
  }

  /** Resolves at the next change, or after a while. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#silence)
      this.#tell = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  [Symbol.dispose](): void {
    this.#close()
  }
}
