import { messageOf } from '../errors/index.js'
import type { Row } from './row.js'

export interface RowRun {
  /** The first seed. */
  seed: number
  /** How many cases were attempted, of how many. */
  done: number
  amount: number
  failures: { seed: number; message: string }[]
}

/** More would tell nothing new. */
const mostFailures = 20

/** Attempts cases of a row from a seed on, until there are enough, the time (ms) is over, or too many have failed. */
export async function runRow(
  row: Row,
  { seed, amount, time }: { seed: number; amount: number; time: number },
): Promise<RowRun> {
  const end = performance.now() + time
  const failures: RowRun['failures'] = []
  let done = 0
  while (done < amount && performance.now() < end && failures.length < mostFailures) {
    try {
      await row.attempt(seed + done)
    } catch (error) {
      failures.push({ seed: seed + done, message: messageOf(error) })
    }
    done += 1
    // So that a signal, or a time-out of the test that runs this, is heard.
    if (done % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return { seed, done, amount, failures }
}
