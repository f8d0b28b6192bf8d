import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { passingFolder } from '../testing/passing-folder.js'

const program = fileURLToPath(new URL('torture.mjs', import.meta.url))

/** Everything below a folder, by its path there. */
const below = (folder: string): string[] => readdirSync(folder, { recursive: true }) as string[]

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'a torture that %s ends in the middle of a case leaves nothing',
  { timeout: 300_000 },
  async (signal) => {
    using folder = passingFolder()
    const torture = execa(process.execPath, [program, '--only', 'shell', '--seed', '1'], {
      ...{ reject: false, env: { TMPDIR: folder.path } },
    })
    // Its own folder, and one that a case has made in it.
    await expect.poll(() => below(folder.path).length, { timeout: 240_000, interval: 5 }).toBeGreaterThan(1)
    torture.kill(signal)
    expect((await torture).isTerminated).toBe(true)
    await expect.poll(() => below(folder.path), { timeout: 60_000 }).toEqual([])
  },
)
