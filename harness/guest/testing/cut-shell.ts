import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalShell } from './local-shell.js'

/** The same shell through sockets that pass everything on in pieces of so many bytes, at least 1. */
export async function cutShell(shell: LocalShell, bytes: () => number): Promise<LocalShell> {
  const folder = mkdtempSync(join(tmpdir(), 'rig-'))
  const ends: Socket[] = []
  const through = async (name: string, far: Socket): Promise<Socket> => {
    const server = createServer().listen(join(folder, name))
    await once(server, 'listening')
    const near = connect(join(folder, name))
    const [middle] = (await once(server, 'connection')) as [Socket]
    server.close()
    const pass = (data: Buffer): void => {
      for (let at = 0; at < data.length && middle.writable;) {
        const end = at + bytes()
        middle.write(data.subarray(at, end))
        at = end
      }
    }
    far.removeAllListeners('data')
    far.on('data', pass).resume()
    middle.on('data', (data: Buffer) => far.write(data))
    middle.on('error', () => undefined)
    middle.on('close', () => far.off('data', pass))
    ends.push(middle, near)
    return near
  }
  const output = await through('output', shell.output)
  const errors = await through('errors', shell.errors)
  return {
    output,
    errors,
    [Symbol.dispose]() {
      for (const end of ends) end.destroy()
      rmSync(folder, { recursive: true })
    },
  }
}
