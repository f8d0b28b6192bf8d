import { expect, test } from 'vitest'
import { withoutName } from './hosts-file.js'

test('a name goes, and its aliases, other lines and comments stay', () => {
  const hosts =
    '127.0.0.1 localhost\n192.168.7.2 controller db # the first\n192.168.7.4\tcompute\n# controller\n'
  expect(withoutName(hosts, 'controller')).toEqual({
    text: '127.0.0.1 localhost\n192.168.7.2 db # the first\n192.168.7.4\tcompute\n# controller\n',
    addresses: ['192.168.7.2'],
  })
  expect(withoutName(hosts, 'compute').text).not.toContain('192.168.7.4')
  expect(withoutName(hosts, 'network')).toEqual({ text: hosts, addresses: [] })
  expect(withoutName('192.168.7.2 a', 'b').text).toBe('192.168.7.2 a\n')
})
