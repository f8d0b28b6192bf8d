import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'
import { settings } from '../settings.js'

// unix(7): a socket's path has at most 107 characters; the longest name we put below a run folder has 40.
const longest = 107 - 40

/** Where this user's running clusters keep their sockets: `$TMPDIR/stackrig-UID`. */
export function runRoot(): string {
  // Not os.userInfo(): in a container a user may have no entry in /etc/passwd.
  return join(settings().temporary, `stackrig-${String(process.getuid?.())}`)
}

/**
 * Makes the folder of one sandbox, and removes those of sandboxes that were ended with SIGKILL.
 * @throws StackrigError USAGE when TMPDIR is too long for unix sockets.
 */
export async function makeRunFolder(id: string): Promise<string> {
  const folder = join(runRoot(), id)
  if (folder.length > longest) {
    throw new StackrigError('USAGE', 'the path of the folder for sockets is too long', {
      where: folder,
      seen: `${String(folder.length)} characters; ${String(longest)} is the limit (unix(7))`,
      next: 'set TMPDIR to a shorter path, as /tmp',
    })
  }
  await mkdir(runRoot(), { recursive: true, mode: 0o700 })
  await removeDeadFolders()
  await mkdir(folder, { mode: 0o700 })
  return folder
}

/** Run folders whose agent does not answer belong to nobody; those younger than a minute may just be starting. */
async function removeDeadFolders(): Promise<void> {
  for (const id of await readdir(runRoot())) {
    const folder = join(runRoot(), id)
    const age = Date.now() - (await stat(folder).then((entry) => entry.mtimeMs, Date.now))
    if (age < 60_000) continue
    if (!(await agentListens(folder))) await rm(folder, { recursive: true, force: true })
  }
}

/** Where the agent of a sandbox is asked. */
export const agentSocket = (folder: string): string => join(folder, 'agent.sock')

/** Whether the sandbox of a run folder is there. */
export function agentListens(folder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(agentSocket(folder))
      .on('error', () => resolve(false))
      .on('connect', () => {
        socket.destroy()
        resolve(true)
      })
  })
}
