import { createWriteStream, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { execa } from 'execa'
import { endingWithUs } from '../ending-with-us.js'
import { messageOf, StackrigError } from '../errors/index.js'
import { logger } from '../log.js'
import { downloadsFolder } from '../paths.js'
import { variableOf } from './cache.js'

const debug = logger('images')

export interface BuildLog {
  /** What is built, for the error's text. */
  image: string
  /** The file that receives everything the programs say. */
  file: string
  signal: AbortSignal
}

/** What to do when the cache finds no room. */
export const biggerCache = 'free some, or set STACKRIG_CACHE to a folder on a bigger disk'

const linesOfLogInError = 15

export interface ProgramOptions {
  input?: string
  env?: Record<string, string>
  onLine?: (line: string) => void
  /** Runs it in a process namespace, so that everything it started ends with it. Only for root. */
  ownProcesses?: boolean
}

/**
 * Runs one program of a build; its output goes to the build's log. With `input`, that is its standard input.
 * Ends it (SIGTERM, after 10 s SIGKILL) when the signal fires or this process dies.
 * Throws ABORTED, HOST_PROGRAM_MISSING, HOST_DISK, or IMAGE_BUILD_FAILED with the last lines of the log.
 */
export async function runLogged(
  log: BuildLog,
  program: string,
  args: string[],
  options: ProgramOptions = {},
): Promise<void> {
  debug('%s', withoutPasswords([program, ...args].join(' ')))
  const stream = createWriteStream(log.file, { flags: 'a' })
  let unwritten: Error | undefined
  stream.on('error', (error) => (unwritten ??= error))
  stream.write(withoutPasswords(`+ ${program} ${args.join(' ')}\n`))
  const [first, ...words] = options.ownProcesses
    ? endingWithUs('KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc', program, ...args)
    : endingWithUs('TERM', program, ...args)
  const running = execa(first, words, {
    // unshare leaves other signals to its child, and mmdebstrap ends by itself only after its present step.
    killSignal: options.ownProcesses ? 'SIGKILL' : 'SIGTERM',
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    ...(options.env ? { env: options.env } : {}),
    all: true,
    buffer: false,
    reject: false,
    cancelSignal: log.signal,
    forceKillAfterDelay: 10_000,
  })
  for await (const line of running.iterable({ from: 'all' })) {
    stream.write(withoutPasswords(`${line}\n`))
    options.onLine?.(line)
  }
  const result = await running
  await finished(stream.end()).catch(() => undefined)
  if (log.signal.aborted) throw givenUp(log)
  if (unwritten) throw buildFailed(log, messageOf(unwritten), unwritten)
  if (!result.failed) return
  if (result.exitCode === 127) {
    throw new StackrigError('HOST_PROGRAM_MISSING', `The build of images needs the program ${program}.`, {
      next: 'npx stackrig doctor',
    })
  }
  throw buildFailed(log, `${program} ended with ${result.exitCode ?? result.signal ?? 'an error'}`)
}

export const givenUp = (log: BuildLog): StackrigError =>
  new StackrigError('ABORTED', `The build of image ${log.image} was given up.`)

/** A text without the passwords in its addresses, as a proxy's. */
const withoutPasswords = (text: string): string => text.replaceAll(/\/\/[^\s/@"]+@/g, '//***@')

/** The error of a build that failed, with the end of its log; HOST_DISK when a file of it found no room. */
export function buildFailed(log: BuildLog, reason: string, cause?: unknown): StackrigError {
  const { code, path, dest } = (cause ?? {}) as NodeJS.ErrnoException & { dest?: string }
  if (code === 'ENOSPC') {
    // What is written is the second of two files; the log lies in the cache.
    const file = dest ?? path ?? log.file
    return new StackrigError('HOST_DISK', `The build of image ${log.image} must find room on this machine.`, {
      where: variableOf(file) === 'STACKRIG_DOWNLOADS' ? downloadsFolder() : dirname(dirname(log.file)),
      seen: reason,
      next: biggerCache.replace('STACKRIG_CACHE', variableOf(file)),
      cause,
    })
  }
  return new StackrigError('IMAGE_BUILD_FAILED', `Image ${log.image} could not be built: ${reason}.`, {
    where: `log: ${log.file}`,
    seen: lastLines(log.file),
    cause,
  })
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-linesOfLogInError).join('\n')
  } catch {
    return '(no log)'
  }
}
