import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { hostFault, messageOf, StackrigError } from '../errors/index.js'
import { harnessFile } from '../paths.js'
import { Namespaces } from './namespaces.js'
import { networkBatch, type NetworkPlan } from './network.js'
import { identify, type ProcessIdentity } from './process-identity.js'
import { cleanEnvironment } from './program.js'

const agent = harnessFile('sandbox/agent.mjs')

/** How long making a sandbox may take on a busy machine, ms; it takes a tenth of a second on an idle one. */
const openingTime = 60_000

/**
 * Process 1 becomes the agent. While that loads, a child makes bridge and taps, and what booting nodes have as memory, which is private
 * to the sandbox and goes with it; programs can be started when it has said so. What is started there has no capability: names are told
 * late on port 53 all the same (ip_unprivileged_port_start, ip-sysctl of the kernel). When nobody hears process 1 any more, the agent
 * removes the folder.
 */
const setUp = `umask 077
  { printf '%s\\n' "$0" | ip -batch - &&
    echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start &&
    mount -t tmpfs -o size=100%,mode=700 stackrig /dev/shm && echo ready || echo failed; } &
  exec "$@"`

/** A sandbox that has just been made. */
export interface Opened {
  /** The outermost process. */
  identity: ProcessIdentity
  namespaces: Namespaces
  /** Resolves when the agent can be asked. */
  listening: Promise<unknown>
  /** Resolves when the outermost process has ended. */
  ended: Promise<void>
}

/**
 * Makes the namespaces, the bridge and the taps, and process 1 in them. They end with this process's end of their
 * standard input.
 * @throws StackrigError HOST_NO_TUN, HOST_NO_USER_NAMESPACES, HOST_PROGRAM_MISSING, HOST_LIMIT, SANDBOX_DIED
 */
export async function openNamespaces(folder: string, network: NetworkPlan): Promise<Opened> {
  checkTun()
  const child = await startProcessOne(folder, network)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout }).on('error', () => undefined)
  const complaint = whyEnded(child)
  lines.on('line', (line) => {
    // What went wrong it has said before; process 1 would stay.
    if (line === 'failed') child.kill('SIGKILL')
  })
  const says = (word: string): Promise<void> =>
    Promise.race([said(lines, word), complaint]).catch((error: unknown) => {
      throw openingError(messageOf(error), folder)
    })
  const timer = setTimeout(() => child.kill('SIGKILL'), openingTime)
  const [listening, ready] = [says('listening'), says('ready')]
  void Promise.allSettled([listening, ready]).then(() => {
    clearTimeout(timer)
    child.stdout.destroy()
    child.stderr.destroy()
  })
  await ready
  const { identity, namespaces } = hold(child, folder)
  void ended.then(() => namespaces.close())
  child.unref()
  unreferStdin(child)
  return { identity, namespaces, listening, ended }
}

type Piped = ChildProcessByStdio<Writable, Readable, Readable>

async function startProcessOne(folder: string, { hosts, ...network }: NetworkPlan): Promise<Piped> {
  const names = Object.fromEntries([
    [network.gateway, network.gateway],
    ...hosts.map(({ name, address }) => [name, address]),
  ]) as Record<string, string>
  // `detached` keeps a terminal's Ctrl-C away from the machines: the owner hears it, and ends them in order.
  const child = spawn(
    'unshare',
    [
      ...['--user', '--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...['sh', '-c', setUp, networkBatch({ ...network, hosts }).join('\n')],
      ...[process.execPath, agent, folder, JSON.stringify(names)],
    ],
    { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: cleanEnvironment() },
  )
  if (child.pid !== undefined) return child
  // With too few descriptors it has no streams either.
  const [error] = (await once(child, 'error').catch((error: unknown) => [error])) as [unknown]
  const program = /(?<=spawn )\S+(?= ENOENT)/.exec(messageOf(error))?.[0]
  throw program === undefined
    ? hostFault(error, 'the processes of a sandbox must start', folder)
    : missing(program, messageOf(error))
}

/** Until its end is told to us, in a turn of the event loop, the number of a child is given to nobody else. */
function hold(child: Piped, folder: string): { identity: ProcessIdentity; namespaces: Namespaces } {
  const running = child.exitCode === null && child.signalCode === null
  try {
    const identity = running && child.pid !== undefined ? identify(child.pid) : undefined
    if (identity === undefined) throw openingError('it ended at once', folder)
    return { identity, namespaces: Namespaces.of(identity.pid) }
  } catch (error) {
    child.kill('SIGKILL')
    throw hostFault(error, 'the namespaces of a sandbox must be held', folder)
  }
}

/** tun(4) is what taps are made with; udev's default lets everyone open it. */
function checkTun(): void {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch (cause) {
    throw noTun(messageOf(cause), cause)
  }
}

function noTun(seen: string, cause?: unknown): StackrigError {
  return new StackrigError('HOST_NO_TUN', '/dev/net/tun must be there and open to this user', {
    seen,
    next: 'sudo modprobe tun && sudo chmod 0666 /dev/net/tun',
    cause,
  })
}

/** Resolves when this line is said. */
function said(lines: Interface, word: string): Promise<void> {
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      if (line === word) resolve()
    })
  })
}

/** More than whatever goes wrong has to say. */
const longestComplaint = 16 * 1024

/** Rejects when the process has ended, with what it complained about. */
function whyEnded(child: Piped): Promise<never> {
  let complaints = ''
  child.stderr.on('data', (data) => {
    if (complaints.length < longestComplaint) complaints += String(data)
  })
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('close', (_, signal) => {
      reject(new Error(complaints || (signal ? `it was ended by ${signal}` : 'it ended without a word')))
    })
  })
  ended.catch(() => undefined)
  return ended
}

function openingError(seen: string, where: string): StackrigError {
  if (/unshare failed|uid_map|setgroups/.test(seen)) {
    return new StackrigError('HOST_NO_USER_NAMESPACES', 'user namespaces must be allowed for this user', {
      seen,
      next: 'sudo sysctl -w user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1 (where they exist)',
    })
  }
  // In a container the device may be there, and opening it forbidden. These are the words of ip(8).
  if (/TUNSETIFF|^open: /m.test(seen)) return noTun(seen)
  const [program] = /\S+(?=: (?:command )?not found)/.exec(seen) ?? []
  if (program !== undefined) return missing(program, seen)
  return new StackrigError('SANDBOX_DIED', 'the sandbox could not be made', { seen, where })
}

function missing(program: string, seen: string): StackrigError {
  return new StackrigError('HOST_PROGRAM_MISSING', `${program} must be installed`, {
    seen,
    next: 'npx stackrig doctor',
  })
}

/** The channel must not keep this process alive, yet must stay open as long as it lives. */
function unreferStdin(child: ChildProcess): void {
  ;(child.stdin as unknown as Partial<{ unref(): void }>).unref?.()
}
