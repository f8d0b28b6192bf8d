import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { replaceFile } from '../replace-file.js'
import { imagesFolder } from './cache.js'

/** What a running build is doing. */
export interface BuildProgress {
  image: string
  /** The step, for people. */
  step: string
  /** Since this build began, ms. */
  elapsedMs: number
  /** What the whole build took the last time on this machine, ms; undefined when it never ran. */
  expectedMs?: number
}

const file = (): string => join(imagesFolder(), 'timings.json')

function timings(): Record<string, number> {
  try {
    return z.record(z.string(), z.number()).parse(JSON.parse(readFileSync(file(), 'utf8')))
  } catch {
    return {}
  }
}

/** Keeps what a build took, so that the next one can say what to expect. */
export function rememberTiming(image: string, took: number): void {
  replaceFile(file(), JSON.stringify({ ...timings(), [image]: took }))
}

/** Reports a build's steps, and its present step once a second, until disposed. */
export function reportProgress(
  image: string,
  onProgress: (progress: BuildProgress) => void = () => undefined,
): Disposable & { step: (what: string) => void } {
  const started = performance.now()
  const expectedMs = timings()[image]
  let step = 'starting'
  const report = (): void =>
    onProgress({
      image,
      step,
      elapsedMs: performance.now() - started,
      ...(expectedMs === undefined ? {} : { expectedMs }),
    })
  const timer = setInterval(report, 1000)
  return {
    step: (what) => {
      step = what
      report()
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
