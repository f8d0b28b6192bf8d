#!/usr/bin/env node
// A proxy of HTTP (RFC 9110, 7.7) in the network of a cluster: programs of a person's ask through it, and each call is told on
// standard output, a line of JSON. It ends when its standard input does.
//
// Plain JavaScript, as the sandbox's agent.mjs.
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

/** Bytes of a request, and of an answer, that are told. */
const longest = { request: 1024 * 1024, answer: 4 * 1024 * 1024 }

/** Headers that are the proxy's own (RFC 9110, 7.6.1); answers are told as they are read. */
const ownHeaders = ['proxy-connection', 'proxy-authorization', 'connection', 'keep-alive', 'accept-encoding']

/** @param {object} told */
const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`)

/** Keeps the beginning of what passes. @param {number} limit */
function keeper(limit) {
  /** @type {Buffer[]} */
  const pieces = []
  let size = 0
  return {
    /** @param {Buffer} piece */
    add(piece) {
      if (size < limit) pieces.push(piece.subarray(0, limit - size))
      size += piece.length
    },
    get text() {
      return Buffer.concat(pieces).toString()
    },
    get size() {
      return size
    },
  }
}

const server = createServer((asked, answer) => {
  const began = Date.now()
  const { url = '', method = 'GET' } = asked
  if (!url.startsWith('http://') || !URL.canParse(url)) {
    answer.writeHead(400).end('stackrig: a proxy is asked for whole addresses\n')
    return
  }
  const target = new URL(url)
  const sent = keeper(longest.request)
  const got = keeper(longest.answer)
  const headers = Object.fromEntries(
    Object.entries(asked.headers).filter(([name]) => !ownHeaders.includes(name)),
  )
  const microversion = asked.headers['openstack-api-version']
  const type = asked.headers['content-type']
  /** @param {import('node:http').IncomingMessage} [from] */
  const ended = (from) =>
    tell({
      ...{ method, url, began, ended: Date.now(), status: from?.statusCode },
      ...{ version: microversion, type, sent: sent.text, size: sent.size },
      ...{ answerType: from?.headers['content-type'], answer: got.text },
    })
  const forwarded = request(
    {
      ...{ host: target.hostname.replace(/^\[|\]$/g, ''), port: target.port || 80, method, agent: false },
      ...{ path: target.pathname + target.search, headers: { ...headers, host: target.host } },
    },
    (from) => {
      try {
        answer.writeHead(from.statusCode ?? 502, from.statusMessage, from.headers)
      } catch {
        // A guest may say what no answer is (RFC 9112, 4).
        from.destroy()
        answer.writeHead(502).end()
        return
      }
      from.on('data', (piece) => got.add(piece))
      from.on('end', () => ended(from))
      from.on('error', () => answer.destroy())
      from.pipe(answer)
    },
  )
  forwarded.on('error', (error) => {
    if (answer.headersSent) {
      answer.destroy()
      return
    }
    ended()
    answer.writeHead(502, { 'content-type': 'text/plain' }).end(`stackrig record: ${error.message}\n`)
  })
  asked.on('data', (piece) => sent.add(piece))
  asked.on('error', () => forwarded.destroy())
  answer.on('close', () => forwarded.destroy())
  asked.pipe(forwarded)
})

/** What is encrypted passes, and is not told. */
server.on('connect', (asked, client, head) => {
  const [, host = '', port = ''] = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(asked.url ?? '') ?? []
  if (host === '' || Number(port) > 65_535) {
    client.destroy()
    return
  }
  const other = connect(Number(port), host, () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (head.length > 0) other.write(head)
    other.pipe(client).pipe(other)
  })
  other.on('error', () => client.destroy())
  client.on('error', () => other.destroy())
})
server.on('clientError', (_, socket) => socket.destroy())

// What was told before an answer was told before this: who asks has it all.
createInterface({ input: process.stdin })
  .on('line', (line) => tell({ until: line }))
  .on('close', () => process.exit(0))
await once(server.listen(0, '127.0.0.1'), 'listening')
tell({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port })
