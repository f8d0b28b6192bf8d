#!/usr/bin/env node
// The wire of a cluster: a process in its sandbox that the frames of spliced links pass through (relay.ts splices them in).
// Two streams for each such node, one from its tap and one from the bridge; what goes to a node meets the faults on its
// link, what comes from it passes.
//
// Plain JavaScript, as all that is started by its path.
// Usage: wire.mjs, in the sandbox's folder.
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { sourceOf } from './frame.mjs'
import { LateNames } from './late-names.mjs'
import { LaterFrames } from './later-frames.mjs'
import { LinkFaults } from './link-faults.mjs'
import { farSocket, nearSocket, onFrames, sendFrame, wireSocket } from './wire-streams.mjs'

/** @type {Map<string, string>} who sends with an address: a node's own, and those of guests and routers on it */
const owners = new Map()
/** More than a cluster has; a guest that makes up addresses must not fill the memory. */
const mostAddresses = 10_000

const faults = new LinkFaults()
const lateNames = new LateNames()

/**
 * The link of one node.
 * @typedef {{ listeners: import('node:net').Server[], near?: import('node:net').Socket, far?: import('node:net').Socket,
 *   whole: Promise<void>, later: LaterFrames }} Link
 * @type {Map<string, Link>}
 */
const links = new Map()

/** @param {string} node @param {Buffer} frame */
function fromNode(node, frame) {
  const source = sourceOf(frame)
  if (!owners.has(source) && owners.size < mostAddresses) owners.set(source, node)
  const far = links.get(node)?.far
  if (far) sendFrame(far, frame)
}

/** @param {string} node @param {Link} link @param {Buffer} frame */
function toNode(node, link, frame) {
  const from = owners.get(sourceOf(frame))
  const now = performance.now()
  const arrivals = from === undefined ? [{ frame, due: now }] : faults.arrivals(from, node, frame, now)
  for (const arrival of arrivals) link.later.add(arrival)
}

/** Listens for the two streams of a node's link. @param {string} node @param {string} mac */
async function splice(node, mac) {
  owners.set(mac.replaceAll(':', ''), node)
  const later = new LaterFrames((frame) => {
    if (link.near) sendFrame(link.near, frame)
  })
  /** @type {Link} */
  const link = { listeners: [], whole: Promise.resolve(), later }
  const near = accept(link, nearSocket(node), (socket) => {
    link.near = socket
    onFrames(
      socket,
      (frame) => fromNode(node, frame),
      () => link.far,
    )
  })
  const far = accept(link, farSocket(node), (socket) => {
    link.far = socket
    onFrames(
      socket,
      (frame) => toNode(node, link, frame),
      () => link.near,
    )
  })
  link.whole = Promise.all([near, far]).then(() => undefined)
  links.set(node, link)
  await Promise.all(link.listeners.map((listener) => listener.listening || once(listener, 'listening')))
}

/** @param {Link} link @param {string} path @param {(socket: import('node:net').Socket) => void} then @returns {Promise<void>} */
function accept(link, path, then) {
  rmSync(path, { force: true })
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      then(socket)
      resolve()
    })
    server.listen(path)
    link.listeners.push(server)
  })
}

/** @param {string} node */
function unsplice(node) {
  const link = links.get(node)
  links.delete(node)
  link?.near?.destroy()
  link?.far?.destroy()
  for (const listener of link?.listeners ?? []) listener.close()
}

/**
 * What the owner may ask for: POST /NAME with a JSON body, answered with JSON.
 * @type {Record<string, (body: any) => unknown>}
 */
const requests = {
  splice: ({ node, mac }) => splice(node, mac),
  /** Answers when both streams of a node are there. */
  whole: ({ node }) => links.get(node)?.whole,
  unsplice: ({ node }) => unsplice(node),
  /** The names that are answered late from now on. */
  names: ({ host, names }) => lateNames.set(host, names),
  /** The faults that hold from now on; answers how many frames each has touched that held until now. */
  faults: (/** @type {import('./link-faults.mjs').LinkFault[]} */ next) => {
    const { touched } = faults
    faults.set(next)
    // What was held back arrives when nothing holds frames back any more.
    const delaying = next.some(({ effect }) => ['delay', 'reorder', 'bandwidth'].includes(effect.kind))
    if (!delaying) for (const { later } of links.values()) later.letGo()
    return touched
  },
}

const server = createHttpServer(async (request, response) => {
  try {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    const answer = requests[request.url?.slice(1) ?? '']
    if (!answer) throw new Error(`no request ${request.url}`)
    const answered = await answer(JSON.parse(Buffer.concat(pieces).toString() || '{}'))
    response.end(JSON.stringify(answered ?? {}))
  } catch (error) {
    response
      .writeHead(500, { connection: 'close' })
      .end(error instanceof Error ? error.message : String(error))
  }
})
// That of one whose process has let go of the cluster.
rmSync(wireSocket, { force: true })
server.listen(wireSocket)
