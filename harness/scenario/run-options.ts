import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the moments of scenarios that passed are kept, too. */
    keep?: boolean
  }
}

/** What whoever runs the scenarios wants of all of them. */
export interface RunOptions {
  keep: boolean
}

export const runOptions = (): RunOptions => ({ keep: inject('keep') ?? false })
