import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether moments, timelines and packets of scenarios that passed are kept, too. */
    keep?: boolean
    /** Whether the clusters of scenarios that failed go on running. */
    hold?: boolean
    /** The outermost step after which scenarios stop, and their clusters go on running: its number, or a part of its name. */
    until?: string
    /** Folders that are laid over nodes of every fork. */
    overlays?: Overlay[]
    /** Services that are restarted then. */
    restart?: string[]
  }
}

/** A folder of this machine, laid over the root folder of a node. */
export interface Overlay {
  node: string
  folder: string
}

/** What whoever runs the scenarios wants of all of them. */
export interface RunOptions {
  keep: boolean
  hold: boolean
  until?: string | undefined
  overlays: Overlay[]
  restart: string[]
}

export const runOptions = (): RunOptions => ({
  keep: inject('keep') ?? false,
  hold: inject('hold') ?? false,
  until: inject('until'),
  overlays: inject('overlays') ?? [],
  restart: inject('restart') ?? [],
})
