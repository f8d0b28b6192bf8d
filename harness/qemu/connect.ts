import { createConnection, type Socket } from 'node:net'
import pRetry, { AbortError } from 'p-retry'
import { milliseconds, type Duration } from '../duration.js'
import { hostFault, messageOf, StackrigError } from '../errors/index.js'

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
  const wanted = 'QEMU must listen on its socket'
  let seen = ''
  const connect = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const attempt = createConnection(path)
      attempt.once('connect', () => resolve(attempt))
      // Not once: QEMU may end before whoever asked has looked at the stream.
      attempt.on('error', (error) => {
        seen = messageOf(error)
        const fault = hostFault(error, wanted, path)
        const lasting = fault instanceof StackrigError && fault.code === 'HOST_LIMIT'
        reject(lasting ? new AbortError(fault) : error)
      })
    })
  const late = AbortSignal.timeout(milliseconds(timeout))
  try {
    return await pRetry(connect, {
      ...{ retries: Number.POSITIVE_INFINITY, factor: 1, minTimeout: 5 },
      signal: AbortSignal.any([signal, late]),
    })
  } catch (cause) {
    signal.throwIfAborted()
    if (!late.aborted) throw cause
    const next = 'DEBUG=stackrig:qemu shows the command line'
    throw new StackrigError('QMP_FAILED', wanted, { where: path, seen, next, cause })
  }
}
