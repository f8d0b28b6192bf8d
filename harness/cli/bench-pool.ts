import { StackrigError } from '../errors/index.js'
import { forkCluster, ForkPool, type Snapshot } from '../snapshot/index.js'
import { interrupted } from './interrupt.js'

/** From asking for a fork that was loaded ahead to the answers of all its shells, ms. */
export async function measureClaim(snapshot: Snapshot): Promise<number> {
  await using pool = new ForkPool()
  if (!(await pool.prepare(snapshot)))
    throw new StackrigError('HOST_MEMORY', 'a fork must be loaded ahead', {
      seen: 'none was',
      next: 'DEBUG=stackrig:snapshot says why; without a word, memory is short',
    })
  const started = performance.now()
  const cluster = await pool.take(snapshot, { signal: interrupted })
  const took = performance.now() - started
  await cluster.close()
  return took
}

const many = 8

/** Forks that are asked for at once, until the last answers / as many times one. */
export async function measureMany(snapshot: Snapshot): Promise<number> {
  const one = await timeOf(1, snapshot)
  return (await timeOf(many, snapshot)) / (many * one)
}

async function timeOf(count: number, snapshot: Snapshot): Promise<number> {
  const started = performance.now()
  const forks = await Promise.allSettled(
    Array.from({ length: count }, () => forkCluster(snapshot, { signal: interrupted })),
  )
  const took = performance.now() - started
  const running = forks.flatMap((fork) => (fork.status === 'fulfilled' ? fork.value : []))
  await Promise.all(running.map((cluster) => cluster.close()))
  for (const fork of forks) if (fork.status === 'rejected') throw fork.reason
  return took
}
