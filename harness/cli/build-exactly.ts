import { stripVTControlCharacters } from 'node:util'
import { execa } from 'execa'
import { errorCodes, StackrigError } from '../errors/index.js'
import { projectFolder } from '../paths.js'
import { interrupted } from './interrupt.js'

/**
 * `stackrig images build` in a process of its own. Throws the reason of an interruption.
 * @returns why they could not be built of these packages; undefined when they were
 * @throws StackrigError as that process did, when it was for another reason
 */
export async function buildExactly(
  names: readonly string[],
  environment: Record<string, string>,
): Promise<string | undefined> {
  interrupted.throwIfAborted()
  const program = ['--pdeathsig', 'TERM', process.execPath, process.argv[1] ?? '']
  const { exitCode, stderr } = await execa('setpriv', [...program, 'images', 'build', ...names], {
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
export function refusalOf(stderr: string, exitCode?: number): string {
  const text = stripVTControlCharacters(stderr)
  const found = [...text.matchAll(/^([A-Z_]+) (.*(?:\n {2}.*)*)/gm)]
    .map(([, code, message = '']) => ({ code: errorCodes.find((one) => one === code), message }))
    .findLast(({ code }) => code !== undefined)
  const [first = ''] = found?.message.split('\n') ?? []
  if (found?.code === 'IMAGE_BUILD_FAILED') return first.replace(/^Image \S+ could not be built: /, '')
  throw new StackrigError(
    found?.code ?? 'INTERNAL',
    found?.message ?? 'a build of images must say how it ended',
    {
      ...(!found && { seen: text.slice(-2000) || `exit status ${exitCode ?? '?'}` }),
    },
  )
}
