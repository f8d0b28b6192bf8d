import { StackrigError } from '../../errors/index.js'
import type { LogPlace } from './node-script.js'
import type { NodesState, Queue } from './state.js'

/** What one node said. */
export interface NodeLook extends Omit<NodesState, 'queues'> {
  node: string
  place: LogPlace
}

/** Reads what `nodeScript` printed on a node. @throws StackrigError COMMAND_FAILED when that is not all */
export function readLook(node: string, text: string): NodeLook {
  const parts = new Map(
    text.split(/^@part /m).map((part): [string, string] => {
      const end = part.indexOf('\n')
      return end === -1 ? [part.trim(), ''] : [part.slice(0, end), part.slice(end + 1)]
    }),
  )
  if (!parts.has('end')) throw cutShort(node, text)
  const lines = (name: string): string[] =>
    (parts.get(name) ?? '').split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]))
  const [boot] = lines('boot')
  const cursor = lines('cursor').flatMap((line) => /^-- cursor: (.+)$/.exec(line)?.[1] ?? [])[0]
  return {
    node,
    domains: lines('domains').map((id) => ({ node, id })),
    namespaces: lines('namespaces').map((name) => ({ node, name })),
    boots: boot === undefined ? {} : { [node]: boot },
    restarts: (parts.get('restarts') ?? '').split(/\n{2,}/).flatMap((unit) => restartsOf(node, unit)),
    tracebacks: lines('tracebacks').map((line) => {
      const [from = '', exception = ''] = line.split('\t')
      // The journal's `nova-compute[812]:`.
      return { node, from: from.replace(/(\[\d+\])?:$/, ''), exception }
    }),
    place: {
      ...(cursor !== undefined && { cursor }),
      sizes: Object.fromEntries(lines('sizes').flatMap(sizeOf)),
    },
  }
}

/** `Id` and `NRestarts` of a unit stand together, in an order of systemctl's own; an empty line ends a unit. */
function restartsOf(node: string, unit: string): NodesState['restarts'] {
  const service = /^Id=(.*)\.service$/m.exec(unit)?.[1]
  const count = /^NRestarts=(\d+)$/m.exec(unit)?.[1]
  return service === undefined || count === undefined ? [] : [{ node, service, count: Number(count) }]
}

/** `1234 /var/log/apache2/error.log`, and their sum at the end. */
function sizeOf(line: string): [file: string, bytes: number][] {
  const [, bytes, file] = /^(\d+) (\/.+)$/.exec(line) ?? []
  return bytes === undefined || file === undefined ? [] : [[file, Number(bytes)]]
}

/** Reads what `queuesScript` printed. @throws StackrigError COMMAND_FAILED when that is not all */
export function readQueues(node: string, text: string, complaint = ''): Queue[] {
  if (!/^end$/m.test(text)) throw cutShort(node, complaint)
  return text.split('\n').flatMap((line) => {
    const [, name, messages, consumers] = /^(\S+) (\d+) (\d+)$/.exec(line.trim()) ?? []
    return name === undefined ? [] : [{ name, messages: Number(messages), consumers: Number(consumers) }]
  })
}

/** What is missing would pass for what is well. */
const cutShort = (node: string, seen: string): StackrigError =>
  new StackrigError('COMMAND_FAILED', 'a look at what must hold must come to its end', {
    where: `node ${node}`,
    seen: seen.trim().slice(-500) || 'nothing was said',
  })
