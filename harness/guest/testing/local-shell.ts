import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { loopReader } from '../shell-loop.js'

/** The shells of this machine that images have too. */
export const localShells = [['dash'], ['bash'], ['busybox', 'sh']]

/** A shell of this machine on a pair of sockets, as a node's is on a pair of ports. */
export interface LocalShell extends Disposable {
  output: Socket
  errors: Socket
}

/** When it ends, another is started in its place, as on a node; the last ends with the process that asked for it. */
export function localShell(words: readonly string[]): LocalShell {
  const again = `while kill -0 $PPID; do setsid ${words.join(' ')} -c "$0" <&3 >&3 2>&4 3>&- 4>&-; sleep 0.05; done`
  const shells = spawn('sh', ['-c', again, loopReader], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [, , , output, errors] = shells.stdio as unknown as [null, null, null, Socket, Socket]
  // Once for each, however many are put in front of them: what a shell that was ended does not take is no error.
  for (const end of [output, errors]) end.on('error', () => undefined)
  return {
    output,
    errors,
    [Symbol.dispose]() {
      output.destroy()
      errors.destroy()
      shells.kill('SIGKILL')
    },
  }
}
