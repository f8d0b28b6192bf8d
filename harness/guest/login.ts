import { StackrigError } from '../errors/index.js'
import type { Duration } from '../duration.js'
import type { Console } from './console.js'
import { shellsStarted, startShells } from './shell-loop.js'

/**
 * Logs in as root and starts the shells, without a password as images for tests allow (OpenEmbedded's allow-empty-password).
 * @throws StackrigError LOGIN_FAILED, WAIT_TIMEOUT
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
  const start = startShells()
  console.type(start)
  await console.expect(shellsStarted, '120s', signal, `\n${start}`)
}

/** Gives the console back. Before the shells are open, their processes may still belong to the session that ends here. */
export function logOut(console: Console): void {
  console.type('exit\n')
}
