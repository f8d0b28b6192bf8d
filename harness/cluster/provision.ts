import type { FileEdit } from '../contract/index.js'
import { StackrigError } from '../errors.js'
import type { Cluster } from './cluster.js'
import { editText } from './edit-file.js'
import type { RunningNode } from './node.js'
import { restartServices } from './services.js'
import type { Topology } from './topology.js'

/** A file that provisioning changed. */
export interface ChangedFile {
  node: string
  file: string
  before: string
  after: string
}

/**
 * Gives every node its name, tells every node of every other, points compute and network nodes at the controller, and
 * restarts what read a file that changed. Doing it again changes nothing.
 * @throws StackrigError COMMAND_FAILED, WAIT_TIMEOUT, IMAGE_MISMATCH
 */
export async function provision(
  cluster: Cluster,
  onProgress?: (what: string) => void,
): Promise<ChangedFile[]> {
  const changes = await Promise.all(
    cluster.nodes.map(async (node) => {
      const changed = await provisionNode(node, cluster.topology)
      onProgress?.(`${node.name} is provisioned`)
      return changed
    }),
  )
  return changes.flat()
}

async function provisionNode(node: RunningNode, topology: Topology): Promise<ChangedFile[]> {
  const role = topology.contract.roles[node.plan.role]
  if (!role)
    throw new StackrigError('INTERNAL', `contract ${topology.contract.name} has no role ${node.plan.role}`)
  await node.run`echo ${node.plan.hostName} >/etc/hostname && hostname ${node.plan.hostName}`
  await node.writeFile('/etc/hosts', hostsFile(topology))
  const changed: ChangedFile[] = []
  for (const file of new Set(role.edits.map((edit) => edit.file))) {
    const edits = role.edits.filter((edit) => edit.file === file)
    const before = (await node.readFile(file)).toString()
    const after = edits.reduce((text, edit) => editText(text, edit, editValue(edit, node, topology)), before)
    if (after === before) continue
    await node.writeFile(file, after)
    changed.push({ node: node.name, file, before, after })
  }
  if (changed.length > 0 && role.restart.length > 0)
    await restartServices(node, topology.contract, role.restart)
  return changed
}

/**
 * The same on every node: every host can name every other (hosts(5)). `localhost` is the IPv4 address alone: of two
 * addresses some clients try the first one only (pymemcache 4.0), and the services listen on IPv4.
 */
function hostsFile(topology: Topology): string {
  const hosts = topology.nodes.map(({ address, hostName }) => `${address} ${hostName}\n`)
  return ['127.0.0.1 localhost\n', '::1 ip6-localhost ip6-loopback\n', ...hosts].join('')
}

function editValue(edit: FileEdit, node: RunningNode, topology: Topology): string {
  const controller = topology.nodes.find(({ role }) => role === 'controller')
  return edit.value
    .replaceAll('{controller}', controller?.hostName ?? node.plan.hostName)
    .replaceAll('{address}', node.plan.address)
    .replaceAll('{name}', node.plan.hostName)
}
