import type { Condition } from '../condition.js'
import { resourceStatus, type State } from './resource-status.js'

/** What `serverStatus` has to know of Nova. */
export interface Servers<Server extends State> {
  get(id: string): Promise<Server>
}

/** A server has that status in Nova, as `ACTIVE`; its value: the server as it is then. Impossible once it is in ERROR or gone. */
export function serverStatus<Server extends State>(
  nova: Servers<Server>,
  { id, name }: { id: string; name: string },
  status: string,
): Condition<Server> {
  return resourceStatus({ kind: 'server', id, name, refresh: () => nova.get(id) }, status)
}
