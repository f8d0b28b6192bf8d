import type { CallNote } from './note.js'
import { isOverhead, servicePath, type ServicePath } from './service-path.js'

/** Where an identifier comes from: another cloud has another one. */
export type Origin =
  /** A call of the person's made it; what kind of thing it is: `server`, or nothing where an answer does not say. */
  | { made: CallNote; kind: string; name: string }
  /** It was there; so it is found. */
  | { listed: ServicePath; kind: string; name: string }

interface Entry {
  id: string
  name?: unknown
}

const idPattern = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

/** The identifiers that the answers of all calls had, by where each was seen first. */
export function knownIds(
  calls: readonly CallNote[],
  ports: Readonly<Record<string, number>> | undefined,
): Map<string, Origin> {
  const known = new Map<string, Origin>()
  for (const call of calls) {
    const asked = servicePath(call.url, ports)
    if (!asked || isOverhead(asked) || call.status === undefined || call.status >= 400) continue
    const [collection = ''] = asked.path.slice(1).split(/[/?]/)
    for (const { entry, key } of entriesOf(call.answer)) {
      if (known.has(entry.id)) continue
      const kind = key ?? singular(collection)
      const name = typeof entry.name === 'string' ? entry.name : ''
      if (call.method === 'POST') known.set(entry.id, { made: call, kind, name })
      else if (call.method === 'GET' && name !== '')
        known.set(entry.id, { listed: { type: asked.type, path: listPath(asked) }, kind, name })
    }
  }
  return known
}

/** A list that has names: Nova's short ones have them, too. Below another thing it is another list: `/projects/ID/users`. */
function listPath({ path }: ServicePath): string {
  const [whole = ''] = path.split('?')
  const [, collection = '', , ...below] = whole.split('/')
  return below.length === 0 ? `/${collection}` : whole
}

/** The things that an answer has: `{ server: {…} }`, `{ servers: […] }`, and Glance's, which has no key around it. */
export function entriesOf(answer: unknown): { entry: Entry; key: string | undefined }[] {
  if (!isObject(answer)) return []
  if (isEntry(answer)) return [{ entry: answer, key: undefined }]
  return Object.entries(answer).flatMap(([key, value]) => {
    if (isEntry(value)) return [{ entry: value, key }]
    if (!Array.isArray(value)) return []
    return value.filter(isEntry).map((entry) => ({ entry, key: singular(key) }))
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isEntry(value: unknown): value is Entry {
  return isObject(value) && typeof value['id'] === 'string' && value['id'] !== ''
}

/** Whether a text looks as an identifier does that a service has made up. */
export const isMadeUp = (text: string): boolean => idPattern.test(text)

const singular = (word: string): string => word.replace(/ies$/, 'y').replace(/s$/, '')
