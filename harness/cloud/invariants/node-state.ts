import { playsRole, type Cluster, type RunningNode } from '../../cluster/index.js'
import type { CloudState, NodeLogs } from './state.js'

/** What is asked of the nodes themselves. */
export type NodeState = Pick<CloudState, 'domains' | 'namespaces' | 'logs'>

/** One command a node: a program costs tens of ms under TCG. */
export async function lookAtNodes(cluster: Cluster): Promise<NodeState> {
  const looks = await Promise.all(cluster.nodes.filter(({ isOn }) => isOn).map(lookAt))
  return {
    domains: looks.flatMap(({ domains }) => domains),
    namespaces: looks.flatMap(({ namespaces }) => namespaces),
    logs: joined(looks.map(({ logs }) => logs)),
  }
}

async function lookAt(node: RunningNode): Promise<NodeState> {
  const { contract, plan, name } = node
  const services = contract.roles[plan.role]?.services ?? []
  const parts = [
    playsRole(plan, 'compute') ? 'echo "# domains"; virsh -q list --all --uuid' : '',
    playsRole(plan, 'network') ? 'echo "# namespaces"; ls /run/netns 2>/dev/null' : '',
    contract.init === 'systemd' && services.length > 0
      ? `echo "# restarts"; systemctl show --property=Id --property=NRestarts ${services.join(' ')}`
      : '',
    `echo "# tracebacks"; ${tracebacks}`,
  ]
  const { stdout } = await node.execute(parts.filter((part) => part !== '').join('\n'))
  return readLook(name, stdout.toString())
}

/**
 * The last line of each traceback: the first behind it that is not indented below what the service writes before every line.
 */
const tracebacks = `awk '
  FNR == 1 { inside = 0 }
  /Traceback \\(most recent call last\\):/ { prefix = index($0, "Traceback") - 1; inside = 1; next }
  inside && substr($0, prefix + 1, 1) != " " && length($0) > prefix { print FILENAME "\\t" substr($0, prefix + 1, 200); inside = 0 }
' /var/log/*/*.log 2>/dev/null`

/** What a node said. */
export function readLook(node: string, text: string): NodeState {
  const sections = new Map(
    text.split(/^# /m).map((section): [string, string[]] => {
      const [title = '', ...lines] = section.split('\n')
      return [title, lines.filter((line) => line.trim() !== '')]
    }),
  )
  const restarts: Record<string, number> = {}
  let service = ''
  for (const line of sections.get('restarts') ?? []) {
    const [key, value = ''] = line.split('=')
    // `Id` and `NRestarts` of a unit stand together, in an order of systemd's own.
    if (key === 'Id') service = value.replace(/\.service$/, '')
    if (key === 'NRestarts') restarts[`${service} on ${node}`] = Number(value)
  }
  const found: Record<string, string[]> = {}
  for (const line of sections.get('tracebacks') ?? []) {
    const [file = '', said = ''] = line.split('\t')
    ;(found[`${file} on ${node}`] ??= []).push(said)
  }
  return {
    domains: (sections.get('domains') ?? []).map((id) => ({ node, id: id.trim() })),
    namespaces: (sections.get('namespaces') ?? []).map((name) => ({ node, name: name.trim() })),
    logs: { restarts, tracebacks: found },
  }
}

const joined = (logs: readonly NodeLogs[]): NodeLogs => ({
  restarts: Object.assign({}, ...logs.map(({ restarts }) => restarts)) as NodeLogs['restarts'],
  tracebacks: Object.assign({}, ...logs.map(({ tracebacks: found }) => found)) as NodeLogs['tracebacks'],
})
