import { spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { hostFault } from '../errors/index.js'
import type { Namespaces } from './namespaces.js'

export interface VisitOptions {
  /** The text of /etc/hosts that the program sees (hosts(5)). */
  hosts: string
  /** The file that text is kept in, for as long as the sandbox is there. */
  hostsFile: string
  environment: NodeJS.ProcessEnv
}

/**
 * Says the program's own words, and no other descriptor of ours stays open in it. A mount namespace of its own has another
 * /etc/hosts (mount_namespaces(7)); it goes with the program.
 */
const inside = 'mount --bind "$0" /etc/hosts && exec "$@" 3<&- 4<&- 5<&- 6<&- 7<&-'

/**
 * The words of a command that somebody else starts, as a terminal of its own is: it visits the sandbox as `visit` has it, as long as
 * this process holds the namespaces.
 * @throws StackrigError HOST_DISK, HOST_FOLDER
 */
export function visiting(
  namespaces: Namespaces,
  command: readonly string[],
  { hosts, hostsFile }: Omit<VisitOptions, 'environment'>,
): string[] {
  try {
    writeFileSync(hostsFile, hosts, { mode: 0o644 })
  } catch (error) {
    throw hostFault(error, `${command[0] ?? ''} must find the nodes by their names`, hostsFile)
  }
  const network = namespaces.networkWordsForOthers(process.getuid?.() === 0)
  return [...network, 'unshare', '--mount', 'sh', '-c', inside, hostsFile, ...command]
}

/**
 * Runs a program of this machine in the network of a sandbox, and otherwise as it would run here: this terminal, these files,
 * this working directory, the process numbers of this machine. Resolves with its exit status, as a shell says it.
 *
 * root keeps all that it may do. Another user is root in the sandbox's user namespace, without which its network cannot be entered
 * (setns(2)): the program may listen to its bridge, and sees the files of its user as root's.
 * @throws StackrigError HOST_LIMIT, HOST_DISK, HOST_FOLDER
 */
export async function visit(
  namespaces: Namespaces,
  command: readonly string[],
  { hosts, hostsFile, environment }: VisitOptions,
): Promise<number> {
  const wanted = `${command[0] ?? ''} must run in the network of the cluster`
  try {
    writeFileSync(hostsFile, hosts, { mode: 0o644 })
    const words = ['unshare', '--mount', 'sh', '-c', inside, hostsFile, ...command]
    const [program = '', ...args] = [...namespaces.networkWords(process.getuid?.() === 0), ...words]
    const stdio: StdioOptions = ['inherit', 'inherit', 'inherit', ...namespaces.descriptors]
    const child = spawn(program, args, { stdio, env: environment })
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return status ?? 128 + (signal ? constants.signals[signal] : 0)
  } catch (error) {
    throw hostFault(error, wanted, hostsFile)
  }
}
