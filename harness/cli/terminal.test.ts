import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { joinTerminal, upToMark } from './terminal.js'

const said = 'what a shell said, with ab and abca in it: '
const mark = 'abcabd'

test('the mark ends a stream wherever the transport cuts it, and nothing of it is shown', () => {
  const all = Buffer.from(`${said}${mark}\n`)
  for (let cut = 0; cut <= all.length; cut++) {
    const look = upToMark(mark)
    const [first, second] = [look(all.subarray(0, cut)), look(all.subarray(cut))]
    const shown = first.ended ? first.shown : Buffer.concat([first.shown, second.shown])
    expect(shown.toString(), `cut at ${cut}`).toBe(said)
    expect(first.ended || second.ended).toBe(true)
  }
  const look = upToMark(mark)
  const bytes = [...all].map((byte) => look(Buffer.from([byte])))
  const end = bytes.findIndex(({ ended }) => ended)
  expect(
    bytes
      .slice(0, end + 1)
      .map(({ shown }) => shown.toString())
      .join(''),
  ).toBe(said)
})

test('what could not be the mark is shown at once', () => {
  const look = upToMark(mark)
  expect(look(Buffer.from('# ab')).shown.toString()).toBe('# ')
  expect(look(Buffer.from('x')).shown.toString()).toBe('abx')
})

test('a terminal is left when the mark comes in two pieces', async () => {
  const stream = new PassThrough()
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    const left = joinTerminal(stream as unknown as Socket, { end: mark, raw: false })
    stream.push(`bye\n${mark.slice(0, 2)}`)
    await new Promise(setImmediate)
    stream.push(`${mark.slice(2)}\n`)
    expect(await left).toBe('the shell ended')
    expect(written.mock.calls.map(([data]) => String(data)).join('')).toBe('bye\n')
  } finally {
    written.mockRestore()
  }
})
