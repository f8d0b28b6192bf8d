import { watchStandardOutput } from './standard-output.js'

const controller = new AbortController()

/**
 * Aborted at the first Ctrl-C, SIGTERM or SIGHUP, and when nobody reads the output any more (`| head`); a second signal
 * ends the process at once.
 */
export const interrupted: AbortSignal = controller.signal

// One Ctrl-C under npm may come twice: from the terminal, and from npm, which hands on its own.
const sameKeystroke = 500
let heard = 0

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) {
      if (performance.now() - heard > sameKeystroke) process.exit(130)
      return
    }
    heard = performance.now()
    process.stderr.write('\nending everything; once more to end at once\n')
    controller.abort(new Error(`interrupted by ${signal}`))
  })
}

watchStandardOutput((error) => controller.abort(error))

/** From now on Ctrl-C and Ctrl-\\ are for the program that has the terminal beside this process: it hears them as well. */
export function leaveKeysToProgram(): void {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.removeAllListeners(signal)
    process.on(signal, () => undefined)
  }
}
