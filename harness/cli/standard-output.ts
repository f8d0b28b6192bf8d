import { writeSync } from 'node:fs'
import { messageOf, StackrigError } from '../errors/index.js'

/** When nobody reads it any more, as with `| head`, nothing is wrong. */
const isFault = (error: Error | null): error is Error =>
  error !== null && (error as NodeJS.ErrnoException).code !== 'EPIPE'

/**
 * Hears it when standard output takes no more, as on a full disk: then the work is given up, and the exit status is that of a
 * host that is not fit, however the command ends. Without anybody who hears it, Node would end the process at once.
 */
export function watchStandardOutput(giveUp: (reason: Error) => void): void {
  // Node forgets the error after it has told it.
  let told: Error | null = null
  process.stdout.on('error', (error: Error) => {
    told = error
    giveUp(error)
  })
  // There is nobody to tell that errors cannot be told.
  process.stderr.on('error', () => undefined)
  // Also for a command that ended the process before the event came.
  process.once('exit', () => {
    const errored = told ?? process.stdout.errored
    if (!isFault(errored)) return
    process.exitCode = 3
    try {
      writeSync(process.stderr.fd, `HOST_DISK ${notWritten(errored).message}\n`)
    } catch {
      // It leads to the same place.
    }
  })
}

function notWritten(error: Error): StackrigError {
  return new StackrigError('HOST_DISK', 'standard output must take what is written to it', {
    seen: messageOf(error),
    next: 'free some on the disk that it leads to, or send it somewhere else',
    cause: error,
  })
}
