import { StackrigError } from '../errors/index.js'

/**
 * Where golden snapshots and images are handed on from machine to machine: a folder that several machines have, or a file server that shows
 * one. In it are `chunks/AB/ABCD….zst`, each named by the sha256 of what it holds, and `golden/START/FIT.json`, which say what is made of them.
 */
export interface Depot {
  /** For people. */
  readonly where: string
  /** The text of a note, by its path in the depot; undefined when there is none. */
  readNote: (path: string, signal?: AbortSignal) => Promise<string | undefined>
  /** A chunk as it is kept. @throws StackrigError SNAPSHOT_BROKEN when it is not there. */
  readChunk: (digest: string, signal?: AbortSignal) => Promise<Buffer>
}

/** Where a chunk lies in a depot. */
export const chunkPath = (digest: string): string => `chunks/${digest.slice(0, 2)}/${digest}.zst`

export const goneChunk = (where: string): StackrigError =>
  new StackrigError('SNAPSHOT_BROKEN', 'a depot must have every chunk that its notes name', {
    where,
    seen: 'it is not there',
    next: 'where the golden snapshot is: npx stackrig golden push FOLDER START',
  })

export const slowDepot = (where: string): StackrigError =>
  new StackrigError('DEPOT_MISSING', 'a depot must answer', {
    where,
    seen: 'nothing came for two minutes',
    next: 'look whether the folder or the server can be reached, and start again',
  })
