import { cpus } from 'node:os'
import { InvalidArgumentError } from 'commander'
import { availableMemory } from '../cluster/index.js'

/** How many runs go on at the same time. */
export type Jobs = number | 'auto'

/** What a run may come to need, with the test around it: MiB and processors. */
const ofCloud = { memory: 6 * 1024, processors: 2 }
const ofPocket = { memory: 1024, processors: 1 }

/**
 * Does all that waits, several at a time, in its order. The first that fails ends what has not begun, and is thrown when the rest has ended.
 * @param waiting what is still to do: it may be added to, and emptied, while this goes on
 */
export async function sideBySide<T>(
  waiting: T[],
  jobs: number,
  run: (each: T) => Promise<void>,
): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await run(next)
      } catch (error) {
        waiting.length = 0
        throw error
      }
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: jobs }, worker))
  const failed = ended.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

/**
 * So many runs go on here side by side.
 * @param projects those of vitest that the tests are of: the nodes of `vm` are small, and `unit` has none
 */
export function jobsHere(jobs: Jobs, projects: readonly string[]): number {
  if (jobs !== 'auto') return jobs
  const small = projects.every((project) => project === 'unit' || project === 'vm')
  const { memory, processors } = small ? ofPocket : ofCloud
  const { mebibytes } = availableMemory()
  return Math.max(1, Math.min(Math.floor(mebibytes / memory), Math.floor(cpus().length / processors)))
}

/** A whole number, or `auto`. */
export const jobsOption = (text: string): Jobs => (text === 'auto' ? text : wholeNumber(text))

/** An option that is a whole number above 0. */
export function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new InvalidArgumentError('a whole number above 0 is wanted')
}
