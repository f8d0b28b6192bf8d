import { expect, test } from 'vitest'
import type { Finding } from '../timeline/index.js'
import { causeLines, everyFinding } from './cause-lines.js'

const finding: Finding = {
  what: 'controller drops what comes by TCP from compute to port 5672 (AMQP)',
  where: 'controller',
  since: Date.parse('2026-11-29T14:02:11Z'),
  proof: ['-A INPUT -s 192.168.7.4 -p tcp --dport 5672 -j DROP'],
  explains: ['nova-compute on compute last reported 3 min ago: Nova thinks it is down'],
  mends: 'iptables -D INPUT -s 192.168.7.4 -p tcp --dport 5672 -j DROP',
}

test('the first cause, its proof, what follows, and what mends it', () => {
  expect(causeLines([finding], { width: 80, most: 3 })).toEqual([
    'first cause  controller drops what comes by TCP from compute to port 5672 (AMQP)',
    '             (since 14:02:11)',
    '             -A INPUT -s 192.168.7.4 -p tcp --dport 5672 -j DROP',
    'so           nova-compute on compute last reported 3 min ago: Nova thinks it is',
    '             down',
    'mends it     iptables -D INPUT -s 192.168.7.4 -p tcp --dport 5672 -j DROP',
  ])
  expect(causeLines([], { width: 80, most: 3 })).toEqual([])
})

test('no line is wider than the terminal, and nothing of a guest acts on it', () => {
  const hostile = {
    ...finding,
    what: `\x1b[2J${'wide '.repeat(100)}\x07`,
    proof: ['x'.repeat(400), '\u202egnp'],
  }
  const lines = everyFinding([hostile, { ...finding, what: 'another' }], 80)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80)
  expect(lines.join('\n')).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u202e]/)
  expect(lines.join('\n')).toContain('also         another')
})
