export interface TimeLimit {
  /** ms */
  timeout: number
  /** Why it was ended, when it took longer. */
  late: () => Error
  /** What else ends it, with their own reasons. */
  signals?: readonly AbortSignal[]
}

/**
 * Does work that ends when its signal says so: after `timeout`, or when one of the other signals does. A timer keeps it: Node 20
 * collects an AbortSignal.timeout that only AbortSignal.any refers to, and it never fires.
 */
export async function withTimeLimit<T>(
  { timeout, late, signals = [] }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(late()), timeout)
  try {
    return await work(AbortSignal.any([over.signal, ...signals]))
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Rejects when the signal ends, with its reason; handled, where nobody waits for it any more. One for all races of one wait: a
 * listener for each would pile up on the signal.
 */
export function rejection(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    const end = (): void => reject(signal.reason as Error)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
  promise.catch(() => undefined)
  return promise
}

/** Whether work ends within `timeout`, ms; it goes on either way. */
export async function endsWithin(timeout: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeout)
  })
  return await Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer))
}
