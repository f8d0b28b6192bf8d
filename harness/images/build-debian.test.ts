import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { removeAbandoned } from './build-debian.js'

test('kept archives of builds that were killed go, those of others stay', async () => {
  const above = mkdtempSync(join(tmpdir(), 'stackrig-above-'))
  onTestFinished(() => rmSync(above, { recursive: true }))
  // No process has such a number (/proc/sys/kernel/pid_max is not above 4194304).
  const dead = 'stackrig-kept-compute-99999999-abcdef'
  const others = [
    ...[`stackrig-kept-compute-${process.pid}-abcdef`, 'stackrig-kept-compute-kvm-99999999-abcdef'],
    ...['stackrig-kept-abcdef', 'something'],
  ]
  for (const name of [dead, ...others]) mkdirSync(join(above, name))
  await removeAbandoned(above, 'compute')
  expect(readdirSync(above).sort()).toEqual(others.sort())
})
