import { setTimeout as delay } from 'node:timers/promises'

/** Looks again and again until there is nothing to complain about; throws the last complaints after `timeout`, ms. */
export async function eventually(
  complaints: () => Promise<readonly string[]>,
  what: string,
  timeout = 30_000,
): Promise<void> {
  const end = performance.now() + timeout
  for (;;) {
    const seen = await complaints()
    if (seen.length === 0) return
    if (performance.now() > end) throw new Error(`${what}: ${seen.join('; ')}`)
    await delay(50)
  }
}
