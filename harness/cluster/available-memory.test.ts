import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { availableMemory } from './available-memory.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'memory-'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** Files below the root, as a kernel shows them. */
function files(content: Record<string, string>): void {
  for (const [name, text] of Object.entries(content)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}

const gibibyte = 1024 ** 3
const machine = { 'proc/meminfo': 'MemTotal: 33554432 kB\nMemAvailable:   16777216 kB\n' }

test('without a limit it is what the machine has', () => {
  files({ ...machine, 'proc/self/cgroup': '0::/user\n', 'sys/fs/cgroup/user/memory.max': 'max\n' })
  expect(availableMemory(root)).toEqual({ mebibytes: 16_384, source: '/proc/meminfo' })
})

test('the limit of a group around this one counts, less what is used, and cached files can be had', () => {
  files({
    ...machine,
    'proc/self/cgroup': '0::/job/step\n',
    'sys/fs/cgroup/job/step/memory.max': 'max\n',
    'sys/fs/cgroup/job/step/memory.current': '1\n',
    'sys/fs/cgroup/job/memory.max': `${2 * gibibyte}\n`,
    'sys/fs/cgroup/job/memory.current': `${gibibyte}\n`,
    'sys/fs/cgroup/job/memory.stat': `anon 1\ninactive_file ${gibibyte / 2}\n`,
  })
  expect(availableMemory(root)).toEqual({ mebibytes: 1536, source: '/sys/fs/cgroup/job/memory.max' })
})

test('control groups of version 1', () => {
  files({
    ...machine,
    'proc/self/cgroup': '5:cpu:/\n3:memory:/job\n',
    'sys/fs/cgroup/memory/job/memory.limit_in_bytes': `${gibibyte}\n`,
    'sys/fs/cgroup/memory/job/memory.usage_in_bytes': '0\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    'sys/fs/cgroup/memory/memory.usage_in_bytes': '0\n',
  })
  expect(availableMemory(root).mebibytes).toBe(1024)
})
