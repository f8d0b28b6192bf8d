import { createHash } from 'node:crypto'
import { join } from 'node:path'
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
import type { BisectCache } from './bisect-cache.js'
import { buildExactly } from './build-exactly.js'
import { interrupted } from './interrupt.js'
import { print } from './print.js'
import { tryRuns } from './try-runs.js'

interface Given {
  locks: LockPair
  /** All that there are. */
  changes: readonly Change[]
  /** Kept package files that no source has any more. */
  kept: readonly string[]
  /** What stands after `stackrig test`. */
  words: readonly string[]
  /** Digests of the files of scenarios. */
  sources: readonly string[]
  runs: number
  cache: BisectCache
  tries: Tries
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
    const { locks, kept } = this.#given
    for (const [name, { packages }] of Object.entries(withChanges(locks.good, changes))) {
      const key = `${name} ${packagesDigest(packages)}`
      const can =
        this.#installable.get(key) ??
        (await canInstall(readRecipe(name).recipe, packages, { kept, signal: interrupted }))
      interrupted.throwIfAborted()
      this.#installable.set(key, can)
      if (!can) return false
    }
    return true
  }

  async judge(changes: readonly Change[]): Promise<Tally> {
    const { changes: all, runs, tries, again } = this.#given
    const key = this.#keyOf(changes)
    const before = again && !this.#keys.has(key) ? undefined : tries.find(key, runs)
    const tally = before ?? (await this.#make(changes))
    if (!before) tries.remember(key, tally)
    this.#keys.add(key)
    this.#made += 1
    const text = `${tallyText(tally)}${before ? ' (tried before)' : ''}`
    print(tryLine({ n: this.#made, taken: countPackages(changes), all: countPackages(all), text }))
    return tally
  }

  /** Writes the lock with these changes. */
  write(changes: readonly Change[], file: string): string {
    const { locks } = this.#given
    writeLock({ version: 1, images: { ...locks.imported, ...withChanges(locks.good, changes) } }, file)
    return file
  }

  async #make(changes: readonly Change[]): Promise<Tally> {
    const { locks, cache, words, runs } = this.#given
    if (!(await this.possible(changes)))
      return { passed: 0, failed: 0, unbuilt: 'these packages cannot be installed together' }
    const environment = cache.environment(this.write(changes, join(cache.folder, 'images.lock')))
    const unbuilt = await buildExactly(Object.keys(locks.good), environment)
    if (unbuilt !== undefined) return { passed: 0, failed: 0, unbuilt }
    return await tryRuns(words, { runs, label: `bisect-${process.pid}-${this.#made + 1}`, environment })
  }

  #keyOf(changes: readonly Change[]): string {
    const { locks, sources } = this.#given
    const images = Object.entries(withChanges(locks.good, changes)).map(([name, { packages }]) => [
      name,
      imageDigest(readRecipe(name), packages),
    ])
    return createHash('sha256')
      .update(JSON.stringify([sources, images, locks.imported]))
      .digest('hex')
  }
}
