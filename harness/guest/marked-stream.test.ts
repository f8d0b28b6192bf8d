import { Duplex } from 'node:stream'
import { Socket, createServer, connect } from 'node:net'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processorTime } from '../testing/processor-time.js'
import { MarkedStream } from './marked-stream.js'

let folder: string
let near: Socket
let far: Socket
beforeEach(async () => {
  folder = mkdtempSync('/tmp/rig-')
  const server = createServer().listen(join(folder, 'socket'))
  await once(server, 'listening')
  near = connect(join(folder, 'socket'))
  ;[far] = (await once(server, 'connection')) as [Socket]
  server.close()
})
afterEach(() => {
  near.destroy()
  far.destroy()
  rmSync(folder, { recursive: true })
})

const soon = (): AbortSignal => AbortSignal.timeout(10_000)

test('what comes before the first of several marks is given, wherever the stream is cut', async () => {
  const text = 'some >ma> output>mark:7\nrest?word:'
  near.setMaxListeners(0)
  for (let cut = 1; cut <= text.length; cut++) {
    const stream = new MarkedStream(near, 'one')
    for (let at = 0; at < text.length; at += cut) far.write(text.slice(at, at + cut))
    let heard = ''
    const sink = (data: Buffer): unknown => (heard += data.toString())
    expect(await stream.until(['?word:', '>mark:'], soon(), sink)).toBe('>mark:')
    expect(await stream.line(3, soon())).toBe('7')
    expect(heard).toBe('some >ma> output')
    expect(await stream.until(['?word:', '>mark:'], soon(), sink)).toBe('?word:')
    expect(heard).toBe('some >ma> outputrest')
    stream.release()
  }
})

test('who comes after gets all that follows, also what came together with the last mark, and however late', async () => {
  near.setMaxListeners(0)
  const rest = 'a prompt # '
  for (let cut = 0; cut <= rest.length; cut++) {
    const stream = new MarkedStream(near, 'one')
    far.write(`<mark\n${rest.slice(0, cut)}`)
    await stream.until(['<mark\n'], soon())
    stream.release()
    far.write(rest.slice(cut))
    await new Promise(setImmediate)
    let heard = ''
    const listener = (data: Buffer): unknown => (heard += data.toString())
    near.on('data', listener).resume()
    await expect.poll(() => heard, { message: `cut after ${cut}` }).toBe(rest)
    near.off('data', listener)
  }
})

test('a line that is longer than it may be is none, however long it is', async () => {
  const stream = new MarkedStream(near, 'one')
  far.write('1'.repeat(100_000))
  expect(await stream.line(3, soon())).toBeUndefined()
})

test('the sender of a stream that nobody reads goes on, and a reader finds its end', async () => {
  const stream = new MarkedStream(near, 'one')
  const megabyte = Buffer.alloc(1024 * 1024, 'x')
  for (let n = 0; n < 16; n++) far.write(megabyte)
  far.write('mark')
  await expect.poll(() => near.bytesRead, { timeout: 10_000 }).toBe(16 * 1024 * 1024 + 4)
  let heard = 0
  await stream.until(['mark'], soon(), (data) => void (heard += data.length))
  expect(heard).toBeLessThan(1024 * 1024)
})

test('of what lies between two marks nothing is dropped, however much it is, and however late it is read', async () => {
  const stream = new MarkedStream(near, 'one')
  far.write('begin')
  for (let n = 0; n < 16; n++) far.write(Buffer.alloc(1024 * 1024, 'x'))
  far.write('end')
  // Until it has been made to wait.
  await stream.until(['begin'], soon(), () => undefined)
  let heard = 0
  const slow = async (data: Buffer): Promise<void> => {
    heard += data.length
    await new Promise(setImmediate)
  }
  await stream.until(['end'], soon(), slow)
  expect(heard).toBe(16 * 1024 * 1024)
})

test('a sink that gives a promise makes the sender wait, and does not outlast the signal', async () => {
  const stream = new MarkedStream(near, 'one')
  far.write(Buffer.alloc(8 * 1024 * 1024, 'x'))
  const stop = new AbortController()
  const reading = stream.until(['mark'], stop.signal, () => new Promise(() => undefined))
  await expect.poll(() => near.isPaused()).toBe(true)
  expect(near.bytesRead).toBeLessThan(1024 * 1024)
  stop.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})

test('twice as much, in pieces of any size, takes about twice as long', async () => {
  const read = async (megabytes: number): Promise<void> => {
    const pieces = megabytes * 2048
    const socket = new Duplex({
      read() {},
      write(_data, _encoding, done) {
        done()
      },
    }) as unknown as Socket
    const stream = new MarkedStream(socket, 'one')
    const piece = Buffer.alloc(512, '>')
    const reading = stream.until(['>mark:'], soon())
    for (let n = 0; n < pieces; n++) {
      socket.push(piece)
      if (n % 256 === 0) await new Promise(setImmediate)
    }
    socket.push('>mark:')
    await reading
  }
  await read(2)
  expect(await processorTime(() => read(16))).toBeLessThan(4 * (await processorTime(() => read(8))))
})

test('a stream that is closed, or a signal, ends the wait', async () => {
  const stream = new MarkedStream(near, 'one')
  await expect(stream.until(['mark'], AbortSignal.timeout(10))).rejects.toMatchObject({
    name: 'TimeoutError',
  })
  const reading = stream.until(['mark'], soon())
  far.destroy()
  await expect(reading).rejects.toMatchObject({ code: 'SHELL_LOST' })
})
