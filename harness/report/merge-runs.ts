import { basename } from 'node:path'
import { runOfResults } from './run-of-results.js'
import type { Results } from './results-json.js'
import type { Outcome, Run } from './run.js'

/** A run that is a part of another one. */
export interface RunPart {
  results: Results
  /** Where its results are. */
  folder: string
  /** Which it is of the runs of the same tests, from 1. */
  n: number
}

/**
 * Several runs as one. Of tests that ran more than once, each run but the first has its number in its name. What is rewound lies in the
 * folder of its own run.
 */
export function mergeRuns(parts: readonly RunPart[], { interrupted }: { interrupted: boolean }): Run {
  const runs = parts.map(({ results, folder, n }) => ({ run: runOfResults(results, folder), folder, n }))
  const started = runs.map(({ run }) => run.started.getTime())
  const ended = runs.map(({ run }) => run.started.getTime() + run.duration)
  const laidOver = [...new Set(runs.flatMap(({ run }) => run.laidOver ?? []))]
  return {
    started: new Date(started.length > 0 ? Math.min(...started) : Date.now()),
    duration: started.length > 0 ? Math.max(...ended) - Math.min(...started) : 0,
    interrupted,
    ...(laidOver.length > 0 && { laidOver }),
    files: runs.filter(({ n }) => n === 1).flatMap(({ run }) => run.files),
    outcomes: runs.flatMap(({ run, folder, n }) =>
      run.outcomes.map((outcome): Outcome => ({
        ...outcome,
        ...(n > 1 && { name: `${outcome.name} (run ${n})` }),
        runFolder: basename(folder),
      })),
    ),
  }
}
