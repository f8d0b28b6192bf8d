import { expect, test } from 'vitest'
import { answerTo, questionIn } from './late-names.mjs'

/** As a resolver asks: one question, for an address of IPv4. */
const asked = Buffer.from('1234010000010000000000000a636f6e74726f6c6c65720373726300' + '00010001', 'hex')

test('a question is read, and answered with the address', () => {
  const { name, type, end } = questionIn(asked)
  expect([name, type, end]).toEqual(['controller.src', 1, asked.length])
  const answer = answerTo(asked, end, { address: '192.168.7.2', known: true })
  expect(answer.readUInt16BE(0)).toBe(0x1234)
  expect(answer.readUInt16BE(2) & 15).toBe(0)
  expect(answer.readUInt16BE(6)).toBe(1)
  expect([...answer.subarray(-4)]).toEqual([192, 168, 7, 2])
})

test('a name that is known has no address of another kind; one that is not known does not exist', () => {
  const none = answerTo(asked, asked.length, { known: true })
  expect([none.readUInt16BE(2) & 15, none.readUInt16BE(6)]).toEqual([0, 0])
  expect(answerTo(asked, asked.length, { known: false }).readUInt16BE(2) & 15).toBe(3)
})

test('half a question is none', () => {
  expect(() => questionIn(asked.subarray(0, 20))).toThrow(RangeError)
})
