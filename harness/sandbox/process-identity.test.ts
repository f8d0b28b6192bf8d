import { expect, test } from 'vitest'
import { firstReport, startScript } from '../testing/script.js'

test('with too few file descriptors nobody knows that a process has ended', async () => {
  const lines = `
    const { openSync, closeSync } = await import('node:fs')
    const { describeProcess, identify, isRunning } = await import(harness + '/sandbox/process-identity.js')
    const known = identify(process.pid)
    const held = []
    try { for (;;) held.push(openSync('/dev/null', 'r')) } catch {}
    const seen = [isRunning(known), isRunning({ ...known, pid: 1 }), describeProcess(process.pid)]
    for (const descriptor of held) closeSync(descriptor)
    report({ few: seen, enough: [isRunning(known), isRunning({ ...known, started: '1' })] })`
  const within = ['sh', '-c', 'ulimit -n 1000 && exec "$0" "$@"']
  const { few, enough } = await firstReport<{ few: unknown[]; enough: unknown[] }>(
    startScript(lines, { within }),
  )
  expect(few).toEqual([true, true, expect.stringMatching(/^process \d+ \(EMFILE/)])
  expect(enough).toEqual([true, false])
})
