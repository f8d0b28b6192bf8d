#!/usr/bin/env node
// Process 1 of a sandbox: watches ports, and relays TCP to the outside.
// When it ends, the kernel ends every process and removes every device of the cluster.
//
// Plain JavaScript: it starts in one process start-up, with no compiler in between.
// Usage: agent.mjs RUN_FOLDER HOSTS (a JSON object, addresses by host name; the end of standard input is the owner's)
import { createServer } from 'node:http'
import { createConnection, isIP } from 'node:net'
import { openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

// What it does when it leaves would end every process of a user who started it by hand.
if (process.pid !== 1) {
  process.stderr.write('agent.mjs must be process 1 of a sandbox\n')
  process.exit(1)
}

/** More than the owner ever asks, bytes. */
const longestRequest = 64 * 1024

const [folder = '', hostsText = ''] = process.argv.slice(2)
const log = openSync(join(folder, 'agent.log'), 'a')

/** @type {Map<string, string>} host name, in small letters, or address -> address */
const hosts = new Map()
/** @param {string} name @param {string} address */
function know(name, address) {
  hosts.set(name.toLowerCase(), address)
  hosts.set(address, address)
}
for (const [name, address] of Object.entries(JSON.parse(hostsText))) know(name, address)
let kept = false
let leaving = false

/** @param {unknown} error */
function note(error) {
  try {
    writeSync(log, `${error instanceof Error ? error.stack : String(error)}\n`)
  } catch {
    // No room for it: that is no reason to end a cluster.
  }
}

/**
 * First all others end, then the folder goes: a QEMU that still starts makes sockets in it. Who is just entering, from
 * outside, is not among the others yet, but makes nothing any more in a folder that is gone: so, until it is gone.
 */
async function leave() {
  if (leaving) return
  leaving = true
  const end = Date.now() + 30_000
  while (Date.now() < end) {
    await endOthers(end)
    try {
      rmSync(folder, { recursive: true, force: true })
      break
    } catch (error) {
      note(error)
      await delay(5)
    }
  }
  process.exit(0)
}

/** Resolves when no other process of the sandbox is left; kill(2): -1 are all of the namespace but process 1. @param {number} end */
async function endOthers(end) {
  for (let pause = 1; Date.now() < end; pause = Math.min(2 * pause, 20)) {
    try {
      process.kill(-1, 'SIGKILL')
    } catch {
      // There is none.
    }
    if (!readdirSync('/proc').some(isOther)) return
    await delay(pause)
  }
}

/** A process that has ended and is not waited for holds nothing any more (proc(5), state Z). @param {string} name */
function isOther(name) {
  if (!/^\d+$/.test(name) || name === '1') return false
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8')
    return !/^[ZX]/.test(text.slice(text.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** A host that is not of the topology: nobody is asked who that may be. */
class Outside extends Error {}

/**
 * The address of a host of the topology, by its name or address.
 * @param {unknown} host @param {unknown} port @returns {{ host: string, port: number }}
 */
function place(host, port) {
  const address = hosts.get(String(host).toLowerCase())
  if (address === undefined || isIP(address) === 0) throw new Outside(`${host} is no host of the topology`)
  const number = Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65535) throw new Outside(`${port} is no port`)
  return { host: address, port: number }
}

/**
 * One look at a port. A guest that is not up yet refuses nothing and answers nothing: timeout, ms, bounds the look.
 * @param {string} host @param {number} port @param {number} timeout @returns {Promise<string>} '' when open
 */
async function tryPort(host, port, timeout) {
  // Loaded when first needed: a fork that waits for no port starts sooner.
  const { default: tcpPortUsed } = await import('tcp-port-used')
  const look = tcpPortUsed.check(port, host).then(
    (used) => (used ? '' : 'ECONNREFUSED'),
    (error) => error.code ?? error.message,
  )
  return Promise.race([look, delay(timeout).then(() => 'no answer')])
}

/**
 * What the owner may ask for: POST /NAME with a JSON body, answered with JSON.
 * @type {Record<string, (body: any, gone: AbortSignal) => Promise<unknown>>}
 */
const requests = {
  /** One more name that `port` and tunnels know. */
  async host({ name, address }) {
    know(name, address)
    return {}
  },
  /** Answers as soon as the port is open. A guest that is not up yet answers nothing at all: try again soon. */
  async port({ host, port, timeout }, gone) {
    const end = Date.now() + timeout
    const target = place(host, port)
    let seen = ''
    while (!gone.aborted && Date.now() < end) {
      seen = await tryPort(target.host, target.port, 1000)
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
    setImmediate(leave)
    return {}
  },
}

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  const pieces = []
  let length = 0
  for await (const piece of request) {
    length += piece.length
    if (length > longestRequest) throw new Error(`a request may have ${longestRequest} bytes`)
    pieces.push(piece)
  }
  return JSON.parse(Buffer.concat(pieces).toString() || '{}')
}

const server = createServer(async (request, response) => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const name = request.url?.slice(1) ?? ''
    const answer = Object.hasOwn(requests, name) ? requests[name] : undefined
    if (!answer) throw new Error(`no request ${name}`)
    response.end(JSON.stringify(await answer(await bodyOf(request), gone.signal)))
  } catch (error) {
    response
      .writeHead(500, { connection: 'close' })
      .end(error instanceof Error ? error.message : String(error))
  }
})

// RFC 9110, 9.3.6: a tunnel to host:port inside the sandbox.
server.on('connect', (request, client) => {
  client.on('error', () => undefined)
  const [, inBrackets, plain, port] = /^(?:\[(.*)\]|(.*)):(\d+)$/.exec(request.url ?? '') ?? []
  let target
  try {
    target = createConnection({ ...place(inBrackets ?? plain, port), noDelay: true })
  } catch (error) {
    note(error)
    client.end(error instanceof Outside ? 'HTTP/1.1 403 Forbidden\r\n\r\n' : 'HTTP/1.1 502 EINVAL\r\n\r\n')
    return
  }
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
})
server.requestTimeout = 10_000

process.on('uncaughtException', note)
for (const signal of /** @type {const} */ (['SIGINT', 'SIGHUP', 'SIGTERM']))
  process.on(signal, () => undefined)

process.stdin.resume().on('end', () => {
  if (!kept) void leave()
})

server.listen(join(folder, 'agent.sock'), () => process.stdout.write('listening\n'))
