// A faked QEMU: a unix socket that says what no QEMU should. What QEMU really says is tried in *.vm.test.ts.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { StackrigError } from '../errors/index.js'
import { Qmp } from './qmp.js'

/** A connection whose other end greets, answers `qmp_capabilities`, and then does what `on` says at each command. */
async function connected(
  on: (socket: Socket, id: number) => void,
  signal = new AbortController().signal,
): Promise<Qmp> {
  const folder = mkdtempSync('/tmp/qmp-')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('{"QMP": {}}\n')
    createInterface({ input: socket })
      .on('error', () => undefined)
      .on('line', (line) => {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number }
        if (execute === 'qmp_capabilities') socket.write(`{"return": {}, "id": ${id}}\n`)
        else on(socket, id)
      })
  }).listen(join(folder, 'qmp'))
  const qmp = await Qmp.connect(join(folder, 'qmp'), 'one', signal)
  onTestFinished(() => {
    qmp.close()
    server.close()
    rmSync(folder, { recursive: true })
  })
  return qmp
}

test.each([
  ['no JSON', 'QEMU 7.2 monitor\n'],
  ['half of a line', '{"return": \n'],
  ['a number', '7\n'],
  ['nothing at all', '\n'],
  ['null', 'null\n'],
  ['bytes of no character', '\xff\xfe\n'],
])('%s instead of an answer fails what waits for one, and all that follows', async (_, line) => {
  const qmp = await connected((socket) => socket.write(Buffer.from(line, 'latin1')))
  const failed = {
    code: 'QMP_FAILED',
    message: expect.stringContaining('must speak its machine protocol') as string,
  }
  await expect(Promise.all([qmp.execute('stop'), qmp.execute('cont')])).rejects.toMatchObject(failed)
  await expect(qmp.execute('cont')).rejects.toMatchObject(failed)
})

test('answers to nobody, and events of any form, are passed over', async () => {
  const strange = [
    '{}',
    '[]',
    '{"return": 1}',
    '{"return": 1, "id": 999}',
    '{"return": 1, "id": "1"}',
    '{"error": 1, "id": 999}',
    '{"event": "STOP"}',
    '{"event": "STOP", "data": null}',
    '{"event": 7}',
  ]
  const qmp = await connected((socket, id) =>
    socket.write(`${strange.join('\n')}\n{"return": "mine", "id": ${id}}\n`),
  )
  const events: unknown[] = []
  qmp.onEvent((event) => events.push(event.event))
  expect(await qmp.execute('query-status')).toBe('mine')
  expect(events).toEqual(['STOP', 'STOP'])
})

test('an error without words is an error', async () => {
  const qmp = await connected((socket, id) => socket.write(`{"error": {}, "id": ${id}}\n`))
  await expect(qmp.execute('stop')).rejects.toMatchObject({ code: 'QMP_FAILED' })
})

test('a line of 100 MB is given up before it is held', { timeout: 120_000 }, async () => {
  const piece = Buffer.alloc(1024 ** 2, 'x')
  let sent = 0
  const qmp = await connected((socket) => {
    const more = (): void => {
      while (!socket.destroyed && sent < 100 && socket.write(piece)) sent += 1
    }
    socket.on('drain', more)
    more()
  })
  const before = process.memoryUsage.rss()
  await expect(qmp.execute('query-status')).rejects.toMatchObject({
    code: 'QMP_FAILED',
    message: expect.stringContaining('a line of more than') as string,
  })
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 ** 2)
  expect(sent).toBeLessThan(100)
})

test('a peer that closes in the middle of its answer: the end of QEMU is the reason', async () => {
  const died = new AbortController()
  const qmp = await connected((socket) => {
    socket.end('{"return": {"status": "run')
    socket.on('close', () => died.abort(new StackrigError('QEMU_DIED', 'QEMU must run')))
  }, died.signal)
  await expect(qmp.execute('query-status')).rejects.toMatchObject({
    code: 'QEMU_DIED',
    message: 'QEMU must run',
  })
  await expect(qmp.execute('query-status')).rejects.toMatchObject({ code: 'QEMU_DIED' })
})

test('a peer that never answers keeps nobody longer than the time-out', async () => {
  const qmp = await connected(() => undefined)
  await expect(qmp.execute('query-status', {}, { timeout: 50 })).rejects.toMatchObject({
    code: 'QMP_FAILED',
    message: expect.stringContaining('did not answer query-status in 50 ms') as string,
  })
})
