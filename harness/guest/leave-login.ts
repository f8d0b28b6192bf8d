import type { Duration } from '../duration.js'
import type { Console } from './console.js'

/**
 * Brings a console back to its login prompt where somebody may have logged in, and is gone. What is said meanwhile may look like a
 * shell's prompt and be none: a login by the name "exit" fails, and the prompt comes again.
 * @throws StackrigError WAIT_TIMEOUT
 */
export async function leaveLogin(console: Console, timeout: Duration, signal: AbortSignal): Promise<void> {
  // Ctrl-C: half a line may have been typed, of which a shell would show only that it waits for the rest.
  const [prompt] = await console.expect(/login: *$|[#$] *$/, timeout, signal, '\x03\n')
  // The next who waits for a login prompt asks for a new one by a newline.
  if (!prompt.startsWith('login')) console.type('exit\n')
}
