import { lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { hostFault, StackrigError, systemCode } from '../errors/index.js'
import { settings } from '../settings.js'
import { makeOwnFolder, requireOwnFolder, whyForeign } from './own-folder.js'

// unix(7): a socket's path has at most 107 bytes; the longest name we put below a run folder has 40.
const longest = 107 - 40

/** Where this user's running clusters keep their sockets: `$TMPDIR/stackrig-UID`. */
export function runRoot(): string {
  // Not os.userInfo(): in a container a user may have no entry in /etc/passwd.
  return join(settings().temporary, `stackrig-${String(process.getuid?.())}`)
}

/**
 * Makes the folder of one sandbox, and removes those of sandboxes that were ended with SIGKILL.
 * @throws StackrigError USAGE when TMPDIR is too long for unix sockets; HOST_FOLDER, HOST_DISK, HOST_LIMIT.
 */
export async function makeRunFolder(id: string): Promise<string> {
  const folder = join(runRoot(), id)
  const length = Buffer.byteLength(folder)
  if (length > longest) {
    throw new StackrigError('USAGE', 'the path of the folder for sockets is too long', {
      where: folder,
      seen: `${String(length)} bytes; ${String(longest)} is the limit (unix(7))`,
      next: 'set TMPDIR to a shorter path, as /tmp',
    })
  }
  try {
    await makeOwnFolder(runRoot())
    await removeDeadFolders()
    await mkdir(folder, { mode: 0o700 })
    return folder
  } catch (error) {
    throw hostFault(error, 'a folder for sockets must be made', folder)
  }
}

/**
 * The run folders of this user, whether somebody lives in them or not.
 * @throws StackrigError HOST_FOLDER when the folder they lie in cannot be trusted.
 */
export async function runFolders(): Promise<string[]> {
  const root = runRoot()
  try {
    await requireOwnFolder(root)
    const folders = (await readdir(root)).map((id) => join(root, id))
    const own = await Promise.all(folders.map(isOwnFolder))
    return folders.filter((_, index) => own[index])
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw hostFault(error, 'the folders of running clusters must be read', root)
  }
}

/** Whether a sandbox of this user can lie there. */
export async function isOwnFolder(folder: string): Promise<boolean> {
  return lstat(folder).then(
    (found) => whyForeign(found) === undefined,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false
      throw error
    },
  )
}

/** Run folders whose agent is gone belong to nobody; those younger than a minute may just be starting. */
async function removeDeadFolders(): Promise<void> {
  for (const folder of await runFolders()) {
    const age = Date.now() - (await lstat(folder).then((entry) => entry.mtimeMs, Date.now))
    if (age < 60_000) continue
    if (!(await agentListens(folder))) await rm(folder, { recursive: true, force: true })
  }
}

/** Where the agent of a sandbox is asked. */
export const agentSocket = (folder: string): string => join(folder, 'agent.sock')

/** Whether the sandbox of a run folder is there. */
export const agentListens = (folder: string): Promise<boolean> => isListenedTo(agentSocket(folder))

/**
 * Whether somebody is behind a socket. Only one that is not there, or that nobody listens to, says no: whoever cannot ask, for
 * want of file descriptors for example, must not take a living sandbox for a dead one.
 */
export function isListenedTo(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
      .on('error', (error) => resolve(!['ENOENT', 'ECONNREFUSED'].includes(systemCode(error))))
      .on('connect', () => {
        socket.destroy()
        resolve(true)
      })
  })
}
