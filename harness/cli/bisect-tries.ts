import { createHash } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  countPackages,
  tallyText,
  tryLine,
  withChanges,
  type Change,
  type LockPair,
  type Tally,
  type Tries,
} from '../bisect/index.js'
import { canInstall, imageDigest, packagesDigest, readRecipe, writeLock } from '../images/index.js'
import { makeFolder } from '../make-folder.js'
import { packageVersion } from '../paths.js'
import { settings } from '../settings.js'
import type { BisectCache } from './bisect-cache.js'
import { buildExactly } from './build-exactly.js'
import { interrupted } from './interrupt.js'
import { print } from './print.js'
import { tryRuns } from './try-runs.js'

interface Given {
  locks: LockPair
  /** All that there are. */
  changes: readonly Change[]
  /** All images that runs of it need and that are built: also those that the locks do not have. */
  images: readonly string[]
  /** What stands after `stackrig test`. */
  words: readonly string[]
  /** Digests of the files of scenarios. */
  sources: readonly string[]
  runs: number
  cache: BisectCache
  tries: Tries
  /** Of what is told beside the verdict: logs of builds. */
  folder: string
  /** Whether what was tried before is tried again. */
  again: boolean
}

/** Tries a scenario with some of the changes between two locks, and tells of each try. */
export class BisectTries {
  readonly #given: Given
  #made = 0
  /** What was made by this process. */
  readonly #keys = new Set<string>()
  /** Answers of apt, which takes its time. */
  readonly #installable = new Map<string, boolean>()

  constructor(given: Given) {
    this.#given = given
  }

  /** Whether images can be made with these changes, as far as that can be said without building them. */
  async possible(changes: readonly Change[]): Promise<boolean> {
    const { locks } = this.#given
    for (const [name, { packages }] of Object.entries(withChanges(locks.good, changes))) {
      const key = `${name} ${packagesDigest(packages)}`
      const can =
        this.#installable.get(key) ?? (await canInstall(readRecipe(name).recipe, packages, interrupted))
      interrupted.throwIfAborted()
      this.#installable.set(key, can)
      if (!can) return false
    }
    return true
  }

  /** @param wanted first cause of what is looked for, where that is known */
  async judge(changes: readonly Change[], wanted?: string): Promise<Tally> {
    const { changes: all, runs, tries, again } = this.#given
    const key = this.#keyOf(changes)
    const before = again && !this.#keys.has(key) ? undefined : tries.find(key, runs)
    const tally = before ?? (await this.#make(changes))
    if (!before) tries.remember(key, tally)
    this.#keys.add(key)
    this.#made += 1
    const text = `${tallyText(tally, wanted)}${before ? ' (tried before)' : ''}`
    print(tryLine({ n: this.#made, taken: countPackages(changes), all: countPackages(all), text }))
    if (tally.log !== undefined && !before) print(`         log: ${tally.log}`)
    return tally
  }

  /** Writes the lock with these changes. */
  write(changes: readonly Change[], file: string): string {
    const { locks } = this.#given
    writeLock({ version: 1, images: { ...locks.imported, ...withChanges(locks.good, changes) } }, file)
    return file
  }

  async #make(changes: readonly Change[]): Promise<Tally> {
    const { cache, words, runs, images } = this.#given
    if (!(await this.possible(changes)))
      return { passed: 0, failed: 0, unbuilt: 'these packages cannot be installed together' }
    const environment = cache.environment(this.write(changes, join(cache.folder, 'images.lock')))
    await cache.keepOnly(Object.fromEntries(this.#digestsOf(changes)))
    const refusal = await buildExactly(images, environment)
    if (refusal)
      return { passed: 0, failed: 0, unbuilt: refusal.why, log: refusal.log && this.#keepLog(refusal.log) }
    return await tryRuns(words, { runs, label: `bisect-${process.pid}-${this.#made + 1}`, environment })
  }

  /** The log of a build lies in the cache that is removed. Where it cannot be kept, there is none. */
  #keepLog(log: string): string | undefined {
    const kept = join(this.#given.folder, `try-${this.#made + 1}-${basename(log)}`)
    try {
      makeFolder(dirname(kept))
      copyFileSync(log, kept)
      return kept
    } catch {
      return undefined
    }
  }

  #digestsOf(changes: readonly Change[]): [name: string, digest: string][] {
    return Object.entries(withChanges(this.#given.locks.good, changes)).map(([name, { packages }]) => [
      name,
      imageDigest(readRecipe(name), packages),
    ])
  }

  #keyOf(changes: readonly Change[]): string {
    const { locks, sources } = this.#given
    const { launcher, accelerator } = settings()
    return createHash('sha256')
      .update(
        JSON.stringify([
          ...[sources, this.#digestsOf(changes), locks.imported],
          ...[packageVersion(), launcher, accelerator],
        ]),
      )
      .digest('hex')
  }
}
