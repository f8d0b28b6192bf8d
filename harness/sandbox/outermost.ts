import { constants, readlinkSync, writeFileSync } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { hostFault, StackrigError, systemCode } from '../errors/index.js'
import { Namespaces } from './namespaces.js'
import { requireOwnFolder } from './own-folder.js'
import { isRunning, type ProcessIdentity } from './process-identity.js'
import { agentListens, isOwnFolder, runRoot } from './run-folder.js'

const file = (folder: string): string => join(folder, 'sandbox.json')

const schema = z.object({ pid: z.int().min(2), started: z.string(), boot: z.string() })

/** Notes the outermost process of a sandbox in its folder, for whoever attaches to it. */
export function noteOutermost(folder: string, identity: ProcessIdentity): void {
  try {
    writeFileSync(file(folder), JSON.stringify(identity), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw hostFault(error, 'the process of a sandbox must be noted', file(folder))
  }
}

/**
 * The outermost process of the sandbox in a folder, and its namespaces. Believed is only what lies in a folder of this
 * user's, directly below `runRoot`, and names a process that has run since the sandbox was made.
 * @throws StackrigError CLUSTER_UNKNOWN, HOST_FOLDER, HOST_LIMIT
 */
export async function findOutermost(
  folder: string,
): Promise<{ identity: ProcessIdentity; namespaces: Namespaces }> {
  const gone = (seen: string): StackrigError =>
    new StackrigError('CLUSTER_UNKNOWN', 'this cluster is not running any more', { where: folder, seen })
  if (dirname(resolve(folder)) !== runRoot()) throw gone(`it does not lie in ${runRoot()}`)
  try {
    await requireOwnFolder(runRoot())
    if (!(await isOwnFolder(folder))) throw gone('it is no folder of this user')
    if (!(await agentListens(folder))) throw gone('nothing answers there')
    const identity = await read(folder)
    if (identity === undefined) throw gone(`${file(folder)} is not of the documented form`)
    if (!isRunning(identity)) throw gone('its process has ended')
    // Whatever the note says: only a process that was started in this very folder may be ended with it.
    if (placeOf(identity.pid) !== (await realpath(folder))) throw gone('its process is that of another')
    const namespaces = Namespaces.of(identity.pid)
    // Only now it is known whose they are.
    if (isRunning(identity)) return { identity, namespaces }
    namespaces.close()
    throw gone('its process has just ended')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw gone('it has just gone')
    throw hostFault(error, 'a running cluster must be looked at', folder)
  }
}

/** Undefined for what is no file, or not of the documented form. */
async function read(folder: string): Promise<ProcessIdentity | undefined> {
  // NONBLOCK: a pipe would keep whoever opens it until somebody writes to it.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  try {
    await using handle = await open(file(folder), flags)
    if (!(await handle.stat()).isFile()) return undefined
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4096), 0, 4096, 0)
    return parseOutermost(buffer.toString('utf8', 0, bytesRead))
  } catch (error) {
    if (['ELOOP', 'EISDIR', 'ENXIO'].includes(systemCode(error))) return undefined
    throw error
  }
}

/** The folder that a process works in; '' when it has none any more, or is not ours to look at. */
function placeOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

/** What a note of a sandbox says; undefined when it is not of its form. */
export function parseOutermost(text: string): ProcessIdentity | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
