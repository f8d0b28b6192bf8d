import { StackrigError } from '../errors/index.js'
import type { Duration } from '../duration.js'
import type { Console } from './console.js'
import { askForPrograms, lackingPrograms } from './needed-programs.js'
import { shellsStarted, startShells } from './shell-loop.js'

/**
 * Logs in as root and starts the shells, without a password as images for tests allow (OpenEmbedded's allow-empty-password).
 * @throws StackrigError LOGIN_FAILED, GUEST_PROGRAM_MISSING, WAIT_TIMEOUT
 */
export async function logInAndStartShells(
  console: Console,
  node: string,
  options: { timeout: Duration; signal: AbortSignal },
): Promise<void> {
  const { timeout, signal } = options
  await console.expect(/login: *$/, timeout, signal, '\n')
  console.type('root\n')
  await console.expect(/[#$] *$/m, '120s', signal).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new StackrigError('LOGIN_FAILED', `root must be able to log in on the console of ${node}`, {
      seen: cause instanceof Error ? cause.message : undefined,
      next: 'build the image with a root account that has no password (IMAGE_FEATURES: allow-empty-password)',
      cause,
    })
  })
  const ask = askForPrograms()
  console.type(ask)
  const [, lacking = ''] = await console.expect(lackingPrograms, '120s', signal, `\n${ask}`)
  if (lacking.trim() !== '') {
    throw new StackrigError(
      'GUEST_PROGRAM_MISSING',
      `The image of ${node} must have what its shells and files need.`,
      {
        seen: `it lacks ${lacking.trim().split(/\s+/).join(', ')}`,
        next: 'add them to its busybox (bitbake -c menuconfig busybox), or install coreutils',
      },
    )
  }
  const start = startShells()
  console.type(start)
  await console.expect(shellsStarted, '120s', signal, `\n${start}`)
}

/** Gives the console back. Before the shells are open, their processes may still belong to the session that ends here. */
export function logOut(console: Console): void {
  console.type('exit\n')
}
