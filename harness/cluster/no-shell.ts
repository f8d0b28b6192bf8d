import { StackrigError } from '../errors/index.js'
import { Shell } from '../guest/index.js'

/** The shell of a node that has none: each command is refused at once. @param seen why, for people */
export function noShell(name: string, seen: string, signal: AbortSignal): Shell {
  const refuse = (): Promise<never> =>
    Promise.reject(
      new StackrigError('SHELL_LOST', `node ${name} must be on to have a shell`, {
        seen,
        next: 'powerOn resolves when its shells answer',
      }),
    )
  const nothing = (): void => undefined
  const ender = { run: refuse, start: refuse, startWhileBusy: refuse, close: nothing }
  return new Shell(name, { ender, work: [], more: { take: refuse, close: nothing } }, signal)
}
