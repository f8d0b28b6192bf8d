#!/usr/bin/env node
// Process 1 of a sandbox: makes the bridge and the taps, starts programs, watches ports, relays TCP to the outside.
// When it ends, the kernel ends every process and removes every device of the cluster.
//
// Plain JavaScript: it starts in one process start-up, with no compiler in between.
// Usage: agent.mjs RUN_FOLDER (standard input: one JSON line, the network; its end is the owner's end)
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createConnection } from 'node:net'
import { openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const folder = process.argv[2] ?? ''
const log = openSync(join(folder, 'agent.log'), 'a')

/** @type {Map<string, import('node:child_process').ChildProcess>} */
const programs = new Map()
/** @type {Map<string, string>} host name -> address */
const hosts = new Map()
let kept = false

/** @param {number} status */
function leave(status) {
  try {
    rmSync(folder, { recursive: true, force: true })
  } finally {
    process.exit(status)
  }
}

/**
 * Runs a program to its end; `input` goes to its standard input.
 * @param {string[]} command
 * @param {string} [input]
 * @returns {Promise<{ status: number, output: string }>}
 */
function run([program = '', ...args], input = '') {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data) => (output += String(data)))
    child.stderr.on('data', (data) => (output += String(data)))
    child.on('error', (error) => resolve({ status: 127, output: error.message }))
    child.on('close', (code) => resolve({ status: code ?? 128, output }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** @param {string} host @param {number} port @returns {import('node:net').Socket} */
function connect(host, port) {
  return createConnection({ host: hosts.get(host) ?? host, port, noDelay: true })
}

/**
 * One look at a port. A guest that is not up yet refuses nothing and answers nothing: patience, ms, bounds the look.
 * @param {string} host @param {number} port @param {number} patience @returns {Promise<string>} '' when open
 */
async function tryPort(host, port, patience) {
  // Loaded when first needed: a fork that waits for no port starts sooner.
  const { default: tcpPortUsed } = await import('tcp-port-used')
  const look = tcpPortUsed.check(port, hosts.get(host) ?? host).then(
    (used) => (used ? '' : 'ECONNREFUSED'),
    (error) => error.code ?? error.message,
  )
  return Promise.race([look, delay(patience).then(() => 'no answer')])
}

/**
 * What the owner may ask for: POST /NAME with a JSON body, answered with JSON.
 * @type {Record<string, (body: any, gone: AbortSignal) => Promise<unknown>>}
 */
const requests = {
  /** Starts a program; its output goes to files, and its end is told by `exit`. */
  async start({ name, command, stdout, stderr }) {
    const [program, ...args] = command
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', openSync(stdout, 'a'), openSync(stderr, 'a')],
    })
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    programs.set(name, child)
    return { pid: child.pid }
  },
  /** Answers when the program has ended. */
  async exit({ name }, gone) {
    const child = programs.get(name)
    if (!child) throw new Error(`no program ${name}`)
    while (child.exitCode === null && child.signalCode === null && !gone.aborted) {
      await new Promise((resolve) => {
        child.once('exit', resolve)
        gone.addEventListener('abort', resolve, { once: true })
      })
    }
    return { status: child.exitCode, signal: child.signalCode }
  },
  async kill({ name, signal }) {
    return { killed: programs.get(name)?.kill(signal) ?? false }
  },
  /** One more name that `port` and tunnels know. */
  async host({ name, address }) {
    hosts.set(name, address)
    return {}
  },
  /** Runs a short program inside the sandbox. */
  async run({ command, input }) {
    return run(command, input)
  },
  /** Answers as soon as the port is open. A guest that is not up yet answers nothing at all: try again soon. */
  async port({ host, port, patience }, gone) {
    const end = Date.now() + patience
    let seen = ''
    while (!gone.aborted && Date.now() < end) {
      seen = await tryPort(host, port, 1000)
      if (seen === '') return { open: true }
      await delay(5)
    }
    return { open: false, seen }
  },
  /** Goes on living when the owner's end of standard input closes. */
  async keep() {
    kept = true
    return {}
  },
  async stop() {
    setImmediate(leave, 0)
    return {}
  },
}

const server = createServer(async (request, response) => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const answer = requests[request.url?.slice(1) ?? '']
    if (!answer) throw new Error(`no request ${request.url}`)
    response.end(JSON.stringify(await answer(JSON.parse(body || '{}'), gone.signal)))
  } catch (error) {
    response
      .writeHead(500)
      .end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }))
  }
})

// RFC 9110, 9.3.6: a tunnel to host:port inside the sandbox.
server.on('connect', (request, client) => {
  const [host = '', port = ''] = (request.url ?? '').split(':')
  const target = connect(host, Number(port))
  let connected = false
  target.on('connect', () => {
    connected = true
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    target.pipe(client).pipe(target)
  })
  target.on('error', (error) => {
    const { code = error.message } = /** @type {NodeJS.ErrnoException} */ (error)
    if (connected) client.destroy()
    else client.end(`HTTP/1.1 502 ${code}\r\n\r\n`)
  })
  // Not destroyed: what the pipe still holds is for the client.
  target.on('close', () => client.end())
  client.on('close', () => target.destroy())
  client.on('error', () => undefined)
})
server.requestTimeout = 0

/**
 * @param {{ batch: string[], hosts: Record<string, string> }} setup
 */
async function setUp(setup) {
  for (const [host, address] of Object.entries(setup.hosts)) hosts.set(host, address)
  const [network, memory] = await Promise.all([
    run(['ip', '-batch', '-'], setup.batch.join('\n')),
    // Memory of booting nodes lives here: private to the sandbox, so it is gone when the sandbox is.
    run(['mount', '-t', 'tmpfs', '-o', 'size=100%,mode=700', 'stackrig', '/dev/shm']),
  ])
  if (network.status !== 0) throw new Error(`ip: ${network.output}`)
  if (memory.status !== 0) throw new Error(`mount: ${memory.output}`)
  await new Promise((resolve) => server.listen(join(folder, 'agent.sock'), () => resolve(undefined)))
}

process.on('uncaughtException', (error) => writeSync(log, `${error.stack}\n`))
for (const signal of /** @type {const} */ (['SIGINT', 'SIGHUP', 'SIGTERM']))
  process.on(signal, () => undefined)

const lines = createInterface({ input: process.stdin })
lines.once('line', (line) => {
  setUp(JSON.parse(line)).then(
    () => process.stdout.write('{"ready":true}\n'),
    (error) => {
      process.stdout.write(JSON.stringify({ error: error.message }) + '\n')
      leave(1)
    },
  )
})
lines.on('close', () => {
  if (!kept) leave(0)
})
