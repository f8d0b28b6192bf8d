import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { endingWithUs } from '../ending-with-us.js'
import { errorCodes, StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { interrupted } from './interrupt.js'

/** Why an image could not be built: of these packages, or for something on the way. */
export interface Refusal {
  why: string
  /** Path of the build's log. */
  log?: string
}

/**
 * `stackrig images build` in a process of its own. Throws the reason of an interruption.
 * @returns why one of them could not be built; undefined when they all were
 * @throws StackrigError as that process did, when it was for another reason
 */
export async function buildExactly(
  names: readonly string[],
  environment: Record<string, string>,
): Promise<Refusal | undefined> {
  interrupted.throwIfAborted()
  const ourselves = [process.execPath, process.argv[1] ?? '']
  const [program, ...words] = endingWithUs('TERM', ...ourselves, 'images', 'build', ...names)
  const { exitCode, stderr } = await execa(program, words, {
    cwd: projectFolder,
    env: environment,
    stdin: 'ignore',
    stderr: ['pipe', 'inherit'],
    reject: false,
    cancelSignal: interrupted,
    forceKillAfterDelay: 60_000,
  })
  interrupted.throwIfAborted()
  return exitCode === 0 ? undefined : refusalOf(stderr, exitCode)
}

/** What such a process says at its end. @throws StackrigError unless it is that they cannot be built */
export function refusalOf(stderr: string, exitCode?: number): Refusal {
  const text = stripVTControlCharacters(stderr)
  const found = [...text.matchAll(/^([A-Z_]+) (.*(?:\n {2}.*)*)/gm)]
    .map(([, code, message = '']) => ({ code: errorCodes.find((one) => one === code), message }))
    .findLast(({ code }) => code !== undefined)
  const [first = '', ...rest] = found?.message.split('\n') ?? []
  if (found?.code === 'IMAGE_BUILD_FAILED') {
    const log = /^ {2}where: log: (.+)$/m.exec(rest.join('\n'))?.[1]
    return { why: first.replace(/^Image \S+ could not be built: /, ''), ...(log !== undefined && { log }) }
  }
  throw new StackrigError(
    found?.code ?? 'INTERNAL',
    found?.message ?? 'a build of images must say how it ended',
    {
      ...(!found && { seen: text.slice(-2000) || `exit status ${exitCode ?? '?'}` }),
    },
  )
}
