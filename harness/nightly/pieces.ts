import { fileKey } from '../report/index.js'

/** Files of tests that are run by one process of a night; when the night is broken off, it begins this piece again. */
export interface Piece {
  part: string
  /** Vitest's, or the part's own name. */
  project: string
  /** Paths from the project's folder; of a program, what it is called there. */
  files: string[]
}

/** ms of measured work that are worth a process of their own. */
const worthwhile = 60_000

/** ms that are assumed of a file that has not run. */
export const assumed = { unit: 3000, other: 120_000 } as const

/** At most so many files in a process: what it has done is lost when it is broken off. */
const mostFiles = 30

/** What a file takes, ms, as far as anybody knows. */
export const expectedDuration = (
  durations: ReadonlyMap<string, number>,
  { project, file }: { project: string; file: string },
): number => durations.get(fileKey(project, file)) ?? (project === 'unit' ? assumed.unit : assumed.other)

/**
 * The pieces of a part. Unit tests take less than the start of their process: several files are one piece. All others have one of their own,
 * the longest first, so that none runs alone at the end.
 */
export function piecesOf(
  part: string,
  files: readonly { project: string; file: string }[],
  durations: ReadonlyMap<string, number>,
): Piece[] {
  const alone = files
    .filter(({ project }) => project !== 'unit')
    .toSorted((a, b) => expectedDuration(durations, b) - expectedDuration(durations, a))
    .map(({ project, file }) => ({ part, project, files: [file] }))
  const together: Piece[] = []
  let room = 0
  for (const one of files.filter(({ project }) => project === 'unit')) {
    const takes = expectedDuration(durations, one)
    const last = together.at(-1)
    if (last && takes <= room && last.files.length < mostFiles) last.files.push(one.file)
    else {
      together.push({ part, project: 'unit', files: [one.file] })
      room = worthwhile
    }
    room -= takes
  }
  return [...together, ...alone]
}

/** What is left to do of a piece when some of its files are done; undefined when nothing is. */
export function restOf(piece: Piece, isDone: (file: string) => boolean): Piece | undefined {
  const files = piece.files.filter((file) => !isDone(file))
  return files.length > 0 ? { ...piece, files } : undefined
}
