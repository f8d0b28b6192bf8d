import { watch } from 'node:fs'
import { createConnection, Socket } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { milliseconds, type Duration } from '../duration.js'
import { hostFault, messageOf, StackrigError, systemCode } from '../errors/index.js'

/** How long nothing may be heard of a folder before it is looked at again, ms; where the kernel tells nothing of it, that is all there is. */
const quietTime = 20
const deafTime = 5
/** How long somebody may take to listen on a socket that is there, ms. */
const listeningTime = 1

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
  const end = performance.now() + milliseconds(timeout)
  let news: FolderNews | undefined
  try {
    for (;;) {
      signal.throwIfAborted()
      // Begun before the look, so that nothing is missed between.
      const changed = news?.next()
      const found = await connect(path)
      if (found instanceof Socket) return found
      refuseLasting(found, path, end)
      await (systemCode(found) === 'ECONNREFUSED' ? delay(listeningTime) : changed)
      news ??= new FolderNews(dirname(path))
    }
  } finally {
    news?.[Symbol.dispose]()
  }
}

function connect(path: string): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const attempt = createConnection(path)
    attempt.once('connect', () => resolve(attempt))
    // Not once: QEMU may end before whoever asked has looked at the stream.
    attempt.on('error', resolve)
  })
}

/** @throws StackrigError HOST_LIMIT, QMP_FAILED when the time is over */
function refuseLasting(error: Error, where: string, end: number): void {
  const wanted = 'QEMU must listen on its socket'
  const fault = hostFault(error, wanted, where)
  if (fault instanceof StackrigError && fault.code === 'HOST_LIMIT') throw fault
  if (performance.now() < end) return
  const next = 'DEBUG=stackrig:qemu shows the command line'
  throw new StackrigError('QMP_FAILED', wanted, { where, seen: messageOf(error), next, cause: error })
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
