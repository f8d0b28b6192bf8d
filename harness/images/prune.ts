import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { logger } from '../log.js'
import { removeOldAside } from '../manifest.js'
import { imagesFolder } from './cache.js'
import { readRecord } from './image.js'
import { openFiles } from './open-files.js'
import { lastUsed } from './store.js'

const debug = logger('images')

/** An image that was used this recently may be about to be opened. */
const graceMs = 60 * 60_000

/** Removes the remains of builds of an image that were killed. The caller holds the build's lock. */
export async function removeUnfinished(name: string): Promise<void> {
  const begin = `.building-${name}-`
  for (const entry of readdirSync(imagesFolder())) {
    // Not those of an image whose name begins with this one.
    if (!entry.startsWith(begin) || !/^\d+$/.test(entry.slice(begin.length))) continue
    debug('pruning unfinished %s', entry)
    await rm(join(imagesFolder(), entry), { recursive: true, force: true }).catch(() => undefined)
  }
}

/**
 * Removes what earlier builds of an image left: builds of other digests that no process has open and that were not
 * used within the last hour. The caller holds the build's lock.
 */
export async function pruneImages(name: string, keptDigest: string): Promise<void> {
  const opened = openFiles()
  for (const entry of readdirSync(imagesFolder())) {
    const folder = join(imagesFolder(), entry)
    if (new RegExp(`^${name}-[0-9a-f]{12}\\.bad$`).test(entry)) await removeOldAside(folder)
    const record = entry.startsWith(`${name}-`) ? readRecord(folder) : undefined
    if (record?.name !== name || record.digest === keptDigest || entry.endsWith('.bad')) continue
    if (Date.now() - (await lastUsed(folder)) < graceMs || opened.some((file) => file.startsWith(folder)))
      continue
    debug('pruning %s', entry)
    await rm(folder, { recursive: true, force: true })
  }
}
