#!/usr/bin/env node
// Ports of nodes on 127.0.0.1 of this machine. It is one of the sandbox's processes, and ends with them, but in the network of this machine.
//
// Plain JavaScript, as agent.mjs.
// Usage: publish.mjs RUN_FOLDER PORTS (a JSON array of { wanted, host, port }; what became of them is written to published.json there)
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'

const [folder = '', portsText = '[]'] = process.argv.slice(2)

/** How many ports after the wanted one are tried before the kernel is asked for any. */
const tries = 20

/** One connection, by the agent (RFC 9110, 9.3.6, CONNECT). @param {import('node:net').Socket} client @param {string} target */
function carry(client, target) {
  client.on('error', () => undefined)
  const asked = request({
    socketPath: join(folder, 'agent.sock'),
    ...{ path: target, method: 'CONNECT', agent: false },
  })
  asked.on('connect', (response, socket, head) => {
    socket.on('error', () => client.destroy())
    socket.on('close', () => client.end())
    client.on('close', () => socket.destroy())
    if (response.statusCode !== 200) {
      client.destroy()
      return
    }
    if (head.length > 0) client.write(head)
    socket.pipe(client).pipe(socket)
  })
  asked.on('error', () => client.destroy())
  asked.end()
}

/** @param {number} wanted @param {string} target @returns {Promise<number>} the port that it became */
async function listen(wanted, target) {
  for (let next = 0; ; next++) {
    const port = next > tries || wanted + next > 65535 ? 0 : wanted + next
    const server = createServer({ noDelay: true }, (client) => carry(client, target))
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
      return /** @type {import('node:net').AddressInfo} */ (server.address()).port
    } catch (error) {
      if (port === 0) throw error
    }
  }
}

const published = []
for (const { wanted, host, port } of JSON.parse(portsText))
  published.push({ wanted, host, port, at: await listen(wanted, `${host}:${port}`) })
const file = join(folder, 'published.json')
writeFileSync(`${file}.new`, JSON.stringify(published))
renameSync(`${file}.new`, file)
