import { StackrigError } from '../errors/index.js'
import type { Results } from '../report/index.js'

/**
 * Refuses tests that are marked as known to fail: their failing would count as expected, and their passing as a failure.
 * @param what they are, as "a test that is to be fixed"
 * @throws StackrigError USAGE
 */
export function requireUnmarked({ results }: { results: Results }, what: string): void {
  const marked = results.tests.find(({ issue }) => issue !== undefined)
  if (marked) throw markedError({ ...marked, id: marked.issue?.id ?? '' }, what)
}

/** That a test is marked. */
export const markedError = (
  marked: { id: string; file: string; name: string },
  what: string,
): StackrigError =>
  new StackrigError('USAGE', `${what} must not be marked as known to fail`, {
    where: `${marked.file}: ${marked.name}`,
    next: `take its mark bug('${marked.id}') away, and start again`,
  })
