import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod'
import { makeFolder } from '../make-folder.js'
import { replaceFile } from '../replace-file.js'
import type { Tally } from './tally.js'

/** Older ones are forgotten. */
const mostTries = 500

const triesSchema = z.object({
  version: z.literal(1),
  /** The newest last. */
  tries: z.array(
    z.object({
      key: z.string(),
      passed: z.number(),
      failed: z.number(),
      cause: z.string().optional(),
    }),
  ),
})

/**
 * Tries that were made before, in a file of the cache; a key is a digest of all that a try is made of. What could not be built is known to
 * this process alone: it may have been for a mirror that did not answer.
 */
export class Tries {
  readonly #file: string
  readonly #unbuilt = new Map<string, Tally>()

  constructor(file: string) {
    this.#file = file
  }

  /** What became of a try when it had at least so many runs, or could not be built. */
  find(key: string, runs: number): Tally | undefined {
    const unbuilt = this.#unbuilt.get(key)
    if (unbuilt) return unbuilt
    const found = this.#read().find((one) => one.key === key)
    if (!found || found.passed + found.failed < runs) return undefined
    const { passed, failed, cause } = found
    return { passed, failed, cause }
  }

  remember(key: string, tally: Tally): void {
    if (tally.unbuilt !== undefined) {
      this.#unbuilt.set(key, tally)
      return
    }
    const others = this.#read().filter((one) => one.key !== key)
    const tries = [...others, { key, passed: tally.passed, failed: tally.failed, cause: tally.cause }].slice(
      -mostTries,
    )
    makeFolder(dirname(this.#file))
    replaceFile(this.#file, `${JSON.stringify({ version: 1, tries }, null, 2)}\n`)
  }

  /** What cannot be read is nothing: the tries are made again. */
  #read(): z.infer<typeof triesSchema>['tries'] {
    if (!existsSync(this.#file)) return []
    try {
      return triesSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).tries
    } catch {
      return []
    }
  }
}
