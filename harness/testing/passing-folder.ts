import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** A folder that goes with this process. */
export interface PassingFolder extends Disposable {
  path: string
}

/**
 * Makes a folder that is removed when it is disposed of, and otherwise when this process has ended, however it ended: a
 * shell that outlives it waits for that, and then until nothing runs any more of the sandboxes below it.
 * @param below what it lies in; default: a short name, as unix sockets need it
 */
export function passingFolder(below = '/tmp'): PassingFolder {
  const path = mkdtempSync(join(below, 'rig-'))
  // Of a process group of its own: Ctrl-C is not for it.
  const remover = spawn('sh', ['-c', removeAfterUs], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const { stdin } = remover
  stdin.on('error', () => undefined)
  // Not among its words: whoever looks for what runs in the folder does not mean it.
  stdin.write(`${path}\n`)
  remover.unref()
  ;(stdin as unknown as { unref: () => void }).unref()
  return {
    path,
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true })
      stdin.end('gone\n')
    },
  }
}

/** Run folders are removed by the sandboxes that end with us; a minute is more than they take. */
const removeAfterUs = `
read -r folder
read -r gone && exit
n=0
while [ "$(ls -A "$folder"/stackrig-* "$folder"/*/stackrig-* 2>/dev/null | grep -v ':$')" ] && [ $n -lt 300 ]; do
  sleep 0.2
  n=$((n + 1))
done
rm -rf --one-file-system "$folder"`
