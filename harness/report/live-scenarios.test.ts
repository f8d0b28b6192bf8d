import { expect, test } from 'vitest'
import { projectFolder } from '../paths.js'
import { LiveScenarios } from './live-scenarios.js'
import { InnerRun } from './testing/inner-run.js'

// The files of the inner run write timelines as scenarios do; no cluster is needed for that.
test('a running scenario is told of: its steps, and the waits that last, with what they last saw', async () => {
  await using inner = await InnerRun.of({
    'shop.test.ts': [
      "import { inject, test } from 'vitest'",
      `import { TimelineFile } from '${projectFolder}/harness/timeline/index.js'`,
      'const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))',
      "test('lasts', async ({ task }) => {",
      "  using timeline = new TimelineFile(inject('results') + '/shop/lasts/timeline.jsonl', { mask: (text) => text })",
      "  const scenario = { lane: 'scenario' }",
      "  timeline.add({ ...scenario, kind: 'test', text: 'x', data: { file: task.file.name, name: 'lasts', topology: 'x' } })",
      "  const step = { n: 1, depth: 0, name: 'boot', path: ['boot'], phase: 'begin' }",
      "  timeline.add({ ...scenario, kind: 'step', text: 'boot', data: step })",
      "  const seen = (text) => ({ wanted: 'a port', observations: [{ t: Date.now(), text }], phase: 'begin' })",
      '  const t = Date.now()',
      "  timeline.add({ ...scenario, t, kind: 'wait', text: 'wait for a port', data: seen('closed\\x1b[2J') })",
      '  await wait(1500)',
      '})',
    ],
  })
  const lines: string[] = []
  const live = new LiveScenarios({
    ...{ folder: inner.results, write: (line: string) => lines.push(line) },
    ...{ interval: 50, first: 300, again: 10_000 },
  })
  await inner.start({ beside: live })
  expect(lines.map((line) => line.replace(/\d\d:\d\d:\d\d/, 'T').replace(/\d+(\.\d\d)? s/, 'D'))).toEqual([
    'shop: lasts: step 1 "boot"',
    'shop: lasts: step 1 "boot": waits since T (D) for a port; last seen: closed\\x1b[2J',
  ])
})
