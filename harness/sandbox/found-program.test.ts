import { expect, test } from 'vitest'
import { firstReport, startScript } from '../testing/script.js'

test('with too few file descriptors a program that runs is not taken for one that has ended', async () => {
  const lines = `
    const { openSync, closeSync } = await import('node:fs')
    const { spawn } = await import('node:child_process')
    const { setTimeout: delay } = await import('node:timers/promises')
    const { foundProgram } = await import(harness + '/sandbox/found-program.js')
    const child = spawn('sleep', ['1000'])
    const over = []
    const find = (name) =>
      void foundProgram(() => '/proc/' + child.pid, () => undefined, new AbortController().signal).ended.then(() => over.push(name))
    find('found before')
    const held = []
    try { for (;;) held.push(openSync('/dev/null', 'r')) } catch {}
    find('found meanwhile')
    await delay(1000)
    const few = [...over]
    for (const descriptor of held) closeSync(descriptor)
    await delay(1000)
    const enough = [...over]
    child.kill('SIGKILL')
    while (over.length < 2) await delay(10)
    report({ few, enough, gone: over.sort() })`
  const within = ['sh', '-c', 'ulimit -n 1000 && exec "$0" "$@"']
  const seen = await firstReport<Record<'few' | 'enough' | 'gone', string[]>>(startScript(lines, { within }))
  expect(seen).toEqual({ few: [], enough: [], gone: ['found before', 'found meanwhile'] })
})

test('a program whose sandbox is gone has ended', async () => {
  const lines = `
    const { foundProgram } = await import(harness + '/sandbox/found-program.js')
    const gone = () => { throw new Error('the sandbox is gone') }
    const alive = setTimeout(() => undefined, 60_000)
    report(await foundProgram(gone, () => undefined, new AbortController().signal).ended)
    clearTimeout(alive)`
  expect(await firstReport(startScript(lines))).toEqual({ status: null, signal: null })
})
