import type { History } from './history.js'

/** How often scenarios run that nobody has seen before, and such as are made of something else than when they last passed. */
export const timesOfNew = 10
export const timesOfChanged = 3

interface Asked {
  /** Name of the project. */
  project: string
  part: string
  file: string
  /** Of what it is made of now. */
  digest: string
  /** The tests that its first run had. */
  tests: readonly string[]
}

/**
 * How often a file of scenarios is run in this night: ten times when one of its tests has never been in a night, three times when it has
 * changed since all of it last passed. Without any night before, everything is new, and is run once.
 */
export function timesOf(history: History, { project, part, file, digest, tests }: Asked): number {
  if (!history.hasNights(project)) return 1
  if (tests.some((name) => !history.knowsTest(project, { file, name }))) return timesOfNew
  const green = history.lastGreenDigest(project, part, file)
  return green !== undefined && green !== digest ? timesOfChanged : 1
}
