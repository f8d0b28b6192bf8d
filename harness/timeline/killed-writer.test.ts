import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { ensureModules } from '../build.mjs'
import { readTimeline } from './read-timeline.js'

test('what a process told before it was killed is in its timeline, all of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'timeline-'))
  const path = join(folder, 'timeline.jsonl')
  const room = join(await ensureModules(), 'harness', 'timeline', 'index.js')
  // It says on its standard output what it has told.
  const writer = execa(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { TimelineFile } = await import(${JSON.stringify(room)})
       const timeline = new TimelineFile(${JSON.stringify(path)}, { mask: (text) => text })
       for (let n = 0; ; n++) {
         timeline.add({ lane: 'harness', kind: 'note', text: String(n) })
         if (n % 100 === 0) process.stdout.write(n + '\\n')
         if (n % 1000 === 0) await new Promise(setImmediate)
       }`,
    ],
    { reject: false },
  )
  try {
    let told = 0
    for await (const line of writer) {
      told = Number(line)
      if (told >= 3000) break
    }
    writer.kill('SIGKILL')
    await writer
    const { entries, damaged } = await readTimeline(path)
    expect(damaged).toBe(0)
    expect(entries.length).toBeGreaterThan(told)
    expect(entries.every(({ text }, index) => text === String(index))).toBe(true)
  } finally {
    writer.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
})
