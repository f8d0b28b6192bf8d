import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { allMoments, giveUpMoment } from './pinned.js'

const gibibyte = 1024 ** 3
const anHour = 3_600_000

/** The moments of one folder, which may stand on each other. */
export interface KeptMoments {
  folder: string
  /** Name of the folder of their golden snapshot. */
  golden: string
  /** Their own folders. */
  moments: string[]
  /** Bytes on disk. */
  size: number
  /** When the last of them was made, ms since 1970. */
  made: number
}

/** All moments that lie outside of clusters, the newest first. */
export async function listMoments(): Promise<KeptMoments[]> {
  const rows = new Map<string, KeptMoments>()
  for (const [golden, moments] of await allMoments()) {
    for (const moment of moments) {
      const folder = dirname(moment)
      const row = rows.get(folder) ?? { folder, golden, moments: [], size: 0, made: 0 }
      const { size, made } = await measure(moment)
      row.moments.push(moment)
      rows.set(folder, { ...row, size: row.size + size, made: Math.max(row.made, made) })
    }
  }
  return [...rows.values()].sort((a, b) => b.made - a.made)
}

/**
 * Gives up the oldest moments until the others fit the budget; never those of `keep`, or of the last hour, whose scenario
 * may still run.
 */
export async function pruneMoments(budgetGiB: number, keep: string): Promise<void> {
  const all = await listMoments()
  let excess = all.reduce((sum, { size }) => sum + size, 0) - budgetGiB * gibibyte
  for (const { folder, moments, size, made } of all.reverse()) {
    if (excess <= 0) return
    if (folder === keep || Date.now() - made < anHour) continue
    for (const moment of moments)
      await giveUpMoment(moment, `given up for newer ones: moments may take ${budgetGiB} GiB together`)
    excess -= size
  }
}

async function measure(folder: string): Promise<{ size: number; made: number }> {
  const names = await readdir(folder).catch(() => [])
  const entries = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)))
  return {
    size: entries.reduce((sum, entry) => sum + (entry?.blocks ?? 0) * 512, 0),
    made: Math.max(0, ...entries.map((entry) => entry?.mtimeMs ?? 0)),
  }
}
