import type { Cluster, Fault } from '../cluster/index.js'
import { milliseconds, type Duration } from '../duration.js'
import { StackrigError } from '../errors/index.js'

/** A fault as it is written on a command line, and how long it is to hold. */
export interface WrittenFault {
  /** As it was written. */
  text: string
  /** ms */
  lasts: number
  begin: (cluster: Cluster) => Promise<Fault>
}

/** How long a fault holds that does not say it, ms. */
const usually = 30_000

/** `cut:compute`, `cut:compute/controller`, `delay:network:200ms:1min`, `kill:rabbitmq`: what each word makes of what follows it. */
const words: Record<string, { values: number; begin: Begin }> = {
  cut: { values: 0, begin: (cluster, { ends: [from, to] }) => cluster.faults.cut(from, to) },
  delay: {
    values: 1,
    begin: (cluster, { ends: [from, to], value }) =>
      cluster.faults.delay(from, to, { by: value as Duration }),
  },
  loss: {
    values: 1,
    begin: (cluster, { ends: [from, to], value }) =>
      cluster.faults.loss(from, to, { share: Number(value.replace(/%$/, '')) / 100 }),
  },
  pause: { values: 0, begin: (cluster, { ends: [node] }) => cluster.faults.pause(node) },
  powerCut: { values: 0, begin: (cluster, { ends: [node] }) => cluster.faults.powerCut(node) },
  crash: { values: 0, begin: (cluster, { ends: [node] }) => cluster.faults.crash(node) },
  restart: { values: 0, begin: (cluster, { ends: [node] }) => cluster.faults.restart(node) },
  load: { values: 0, begin: (cluster, { ends: [node] }) => cluster.faults.load(node) },
  kill: { values: 0, begin: (cluster, { ends }) => cluster.faults.kill(...serviceOf(cluster, ends)) },
  freeze: { values: 0, begin: (cluster, { ends }) => cluster.faults.freeze(...serviceOf(cluster, ends)) },
}

type Ends = [first: string, second: string]
type Begin = (cluster: Cluster, what: { ends: Ends; value: string }) => Promise<Fault>

/**
 * `WORD:ON[/OTHER][:VALUE][:TIME]`.
 * @throws StackrigError USAGE
 */
export function writtenFault(text: string): WrittenFault {
  const [name = '', on = '', ...rest] = text.split(':')
  const word = Object.hasOwn(words, name) ? words[name] : undefined
  if (!word || on === '' || rest.length < word.values || rest.length > word.values + 1) throw noFault(text)
  const [first = '', second = '*'] = on.split('/')
  const value = rest[0] ?? ''
  const time = rest[word.values]
  try {
    const lasts = time === undefined ? usually : milliseconds(time as Duration)
    if (name === 'delay') milliseconds(value as Duration)
    return { text, lasts, begin: (cluster) => word.begin(cluster, { ends: [first, second], value }) }
  } catch {
    throw noFault(text)
  }
}

function noFault(text: string): StackrigError {
  return new StackrigError('USAGE', 'a fault is written as WORD:ON[/OTHER][:VALUE][:TIME]', {
    seen: text,
    next: `words: ${Object.keys(words).join(', ')}; as cut:compute, delay:network:200ms, loss:network/controller:5%:1min, kill:rabbitmq`,
  })
}

/** `NODE/SERVICE`, or the one service of the cluster whose name begins so. */
function serviceOf(cluster: Cluster, [first, second]: Ends): [node: string, service: string] {
  if (second !== '*') return [first, second]
  const found = cluster.nodes.flatMap(({ name, contract, plan }) =>
    (contract.roles[plan.role]?.services ?? [])
      .filter((service) => service.startsWith(first))
      .map((service): [string, string] => [name, service]),
  )
  const [only, ...others] = found
  if (only && others.length === 0) return only
  throw new StackrigError('USAGE', `one service must begin with "${first}"`, {
    seen: found.map(([node, service]) => `${service} on ${node}`).join(', ') || 'none does',
    next: 'name its node: kill:NODE/SERVICE',
  })
}
