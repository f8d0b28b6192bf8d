import { expect, test } from 'vitest'
import { StackrigError, type ErrorCode } from '../errors/index.js'
import { exitStatusOf } from './exit-status.js'

test.each<[ErrorCode, number]>([
  ['USAGE', 2],
  ['HOST_MEMORY', 3],
  ['INTERNAL', 4],
  ['IMAGE_MOVED', 1],
  ['QEMU_DIED', 1],
  ['API_FAILED', 1],
  ['UNEXPECTED_STATE', 1],
])('a command that ends with %s exits %i', (code, status) => {
  expect(exitStatusOf(new StackrigError(code, ''))).toBe(status)
})
