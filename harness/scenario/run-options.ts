import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the moments of scenarios that passed are kept, too. */
    keep?: boolean
    /** Whether the cluster of a scenario that failed goes on running. */
    hold?: boolean
    /** The outermost step, by its number or a part of its name, after which a scenario stops, and is held. */
    until?: string
  }
}

/** What whoever runs the scenarios wants of all of them. */
export interface RunOptions {
  keep: boolean
  hold: boolean
  until: string | undefined
}

export const runOptions = (): RunOptions => {
  const until = inject('until')
  return { keep: inject('keep') ?? false, hold: (inject('hold') ?? false) || until !== undefined, until }
}
