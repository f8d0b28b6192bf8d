import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { hostFault } from '../errors/index.js'
import { settings } from '../settings.js'
import type { Namespaces } from './namespaces.js'
import { withPrivateFiles } from './private-files.js'

/** A program that runs in a sandbox. */
export interface Program {
  /** Resolves when it has ended. */
  ended: Promise<ProgramEnd>
  /** Ends it, and what it started, at once. */
  kill: () => void
}

/** How a program in the sandbox ended. */
export interface ProgramEnd {
  status: number | null
  signal: string | null
  /** Why it could not be started. */
  failure?: unknown
}

/** What a short program said, and how it ended; 128 when it could not be started or was ended. */
export interface ShortRun {
  status: number
  output: string
}

/** More than any short program has to say. */
const longestOutput = 1024 ** 2

/** Of what this process has around it, programs of a sandbox get nothing but what they need: no proxies, no tokens. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const { path, home } = settings()
  // Errors are recognised by their English words.
  return { PATH: path, HOME: home, LC_ALL: 'C' }
}

/** Starts a program that goes on; what it says is appended to a file. */
export function startProgram(inside: Namespaces, command: string[], words: string): Program {
  return start(inside, [...inside.words, ...command], words)
}

/** The same in the network of this machine; it ends with the sandbox. */
export function startOutside(inside: Namespaces, command: string[], words: string): Program {
  return start(inside, [...inside.wordsWithoutNetwork, ...command], words)
}

function start(inside: Namespaces, command: string[], words: string): Program {
  let output: number
  try {
    output = openSync(words, 'a', 0o600)
  } catch (error) {
    throw hostFault(error, 'what a program of a sandbox says must be kept', words)
  }
  try {
    return programOf(spawnInside(inside, command, ['ignore', output, output]))
  } finally {
    closeSync(output)
  }
}

/** Runs a program to its end; with SIGKILL after `timeout`, ms. */
export async function runProgram(
  inside: Namespaces,
  command: string[],
  { input, timeout }: { input: string; timeout: number },
): Promise<ShortRun> {
  const child = spawnInside(inside, [...inside.words, ...command], ['pipe', 'pipe', 'pipe'])
  const { ended, kill } = programOf(child)
  const said = [collect(child.stdout), collect(child.stderr)]
  // It may end before it has read all, or anything.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  const late = new AbortController()
  const timer = setTimeout(() => {
    late.abort()
    kill()
    // What it left behind may hold them open.
    child.stdout?.destroy()
    child.stderr?.destroy()
  }, timeout)
  const { status, failure } = await ended
  if (failure !== undefined) {
    clearTimeout(timer)
    const fault = hostFault(failure, `${command[0] ?? ''} must run`, 'the sandbox')
    return { status: 128, output: fault instanceof Error ? fault.message : String(fault) }
  }
  const output = (await Promise.all(said)).join('').replace(/\n$/, '')
  clearTimeout(timer)
  return late.signal.aborted
    ? { status: 128, output: `${output}\nended after ${timeout} ms` }
    : { status: status ?? 128, output }
}

/** Of its own process group: what it starts is ended with it. */
function spawnInside(
  inside: Namespaces,
  command: string[],
  stdio: (number | 'ignore' | 'pipe')[],
): ChildProcess {
  const [program = '', ...args] = command
  const all: StdioOptions = [...stdio, ...inside.descriptors]
  return withPrivateFiles(() => spawn(program, args, { stdio: all, detached: true, env: cleanEnvironment() }))
}

function programOf(child: ChildProcess): Program {
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once('exit', (status, signal) => resolve({ status, signal }))
    child.once('error', (failure) => resolve({ status: 127, signal: null, failure }))
  })
  const kill = (): void => {
    const running = child.exitCode === null && child.signalCode === null
    if (!running || child.pid === undefined) return
    try {
      process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has just ended.
    }
  }
  return { ended, kill }
}

/** What a stream says, to its end; of what is too much, the beginning. */
async function collect(stream: AsyncIterable<Buffer> | null): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of stream ?? []) {
      if (length < longestOutput) pieces.push(piece.subarray(0, longestOutput - length))
      length += piece.length
    }
  } catch {
    // Nobody waits for the rest.
  }
  return Buffer.concat(pieces).toString()
}
