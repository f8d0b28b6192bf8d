#!/usr/bin/env node
// Process 1 of a sandbox: watches ports, and relays TCP to the outside.
// When it ends, the kernel ends every process and removes every device of the cluster.
//
// Plain JavaScript: it starts in one process start-up, with no compiler in between.
// Usage: agent.mjs RUN_FOLDER HOSTS (a JSON object, addresses by host name; the end of standard input is the owner's)
import { createServer } from 'node:http'
import { createConnection } from 'node:net'
import { openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const [folder = '', hostsText = ''] = process.argv.slice(2)
const log = openSync(join(folder, 'agent.log'), 'a')

/** @type {Map<string, string>} host name -> address */
const hosts = new Map(Object.entries(JSON.parse(hostsText)))
let kept = false

function leave() {
  try {
    rmSync(folder, { recursive: true, force: true })
  } finally {
    process.exit(0)
  }
}

/** @param {string} host @param {number} port @returns {import('node:net').Socket} */
function connect(host, port) {
  return createConnection({ host: hosts.get(host) ?? host, port, noDelay: true })
}

/**
 * One look at a port. A guest that is not up yet refuses nothing and answers nothing: timeout, ms, bounds the look.
 * @param {string} host @param {number} port @param {number} timeout @returns {Promise<string>} '' when open
 */
async function tryPort(host, port, timeout) {
  // Loaded when first needed: a fork that waits for no port starts sooner.
  const { default: tcpPortUsed } = await import('tcp-port-used')
  const look = tcpPortUsed.check(port, hosts.get(host) ?? host).then(
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
    hosts.set(name, address)
    return {}
  },
  /** Answers as soon as the port is open. A guest that is not up yet answers nothing at all: try again soon. */
  async port({ host, port, timeout }, gone) {
    const end = Date.now() + timeout
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
    setImmediate(leave)
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

process.on('uncaughtException', (error) => writeSync(log, `${error.stack}\n`))
for (const signal of /** @type {const} */ (['SIGINT', 'SIGHUP', 'SIGTERM']))
  process.on(signal, () => undefined)

process.stdin.resume().on('end', () => {
  if (!kept) leave()
})

server.listen(join(folder, 'agent.sock'), () => process.stdout.write('listening\n'))
