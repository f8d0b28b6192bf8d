import { expect, test } from 'vitest'
import { Answer } from './answer.js'

const answer = (body: string): Answer =>
  new Answer(
    { method: 'GET', url: 'http://controller:8774/servers' },
    { status: 200, headers: {}, body: Buffer.from(body) },
  )

test('the text of JSON has letters as themselves, and all else as it was sent', () => {
  const sent = String.raw`{"name": "caf\u00e9 \ud83d\ude00", "path": "C:\\u00e9", "bell": "\u0007\n\u0085"}`
  expect(answer(sent).text).toBe(
    String.raw`{"name": "café 😀", "path": "C:\\u00e9", "bell": "\u0007\n\u0085"}`,
  )
  expect(answer(sent).at('name')).toBe('café 😀')
})

test('what is no JSON stays as it is', () => {
  expect(answer(String.raw`a page with \u00e9`).text).toBe(String.raw`a page with \u00e9`)
  expect(answer('').json).toBeUndefined()
})
