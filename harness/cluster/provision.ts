import { StackrigError } from '../errors/index.js'
import type { Cluster } from './cluster.js'
import { editText } from './edit-file.js'
import { hostNames } from './host-names.js'
import type { RunningNode } from './node.js'
import { controllerOf, playsRole } from './roles.js'
import { passwordsOf, withoutPasswords, type Topology } from './topology.js'

/** A file that was, or is, not as the topology wants it. */
export interface ChangedFile {
  node: string
  file: string
  /** Empty when there was no such file. */
  before: string
  after: string
}

/**
 * What `provision` would change on the nodes that are on, without changing anything.
 * @throws StackrigError COMMAND_FAILED, IMAGE_MISMATCH
 */
export async function planProvision(cluster: Cluster): Promise<ChangedFile[]> {
  const nodes = cluster.nodes.filter((node) => node.isOn)
  return (await Promise.all(nodes.map((node) => planNode(node, cluster.topology)))).flat()
}

/**
 * Gives every node its name, tells every node of every other, points compute and network nodes at the controller, gives
 * the cloud the topology's passwords, and restarts what read a file that changed. Doing it again changes nothing. Nodes that
 * are off are passed over.
 * @throws StackrigError COMMAND_FAILED, WAIT_TIMEOUT, IMAGE_MISMATCH
 */
export async function provision(
  cluster: Cluster,
  onProgress?: (what: string) => void,
): Promise<ChangedFile[]> {
  const nodes = cluster.nodes.filter((node) => node.isOn)
  const changes = await Promise.all(
    nodes.map(async (node) => {
      const changed = await provisionNode(node, cluster.topology)
      onProgress?.(`${node.name} is provisioned`)
      return changed
    }),
  )
  return changes.flat()
}

async function provisionNode(node: RunningNode, topology: Topology): Promise<ChangedFile[]> {
  const changes = await planNode(node, topology)
  const { edits, restart } = roleOf(node, topology)
  const edited = changes.some(({ file }) => edits.some((edit) => edit.file === file))
  // Before the files that hold them: whatever interrupts this, the next call begins with it again.
  if (edited && playsRole(node.plan, 'controller')) await setPasswords(node, topology)
  for (const { file, after } of changes) await node.writeFile(file, after)
  await node.run`hostname ${node.plan.hostName}`
  if (edited && restart.length > 0) await node.restartServices(...restart)
  return changes
}

async function planNode(node: RunningNode, topology: Topology): Promise<ChangedFile[]> {
  const { edits } = roleOf(node, topology)
  const changes: ChangedFile[] = []
  const compare = async (file: string, wanted: (before: string) => string): Promise<void> => {
    const { exitCode } = await node.execute(`test -e ${file}`)
    const before = exitCode === 0 ? (await node.readFile(file)).toString() : ''
    const after = wanted(before)
    if (after !== before) changes.push({ node: node.name, file, before, after })
  }
  await compare('/etc/hostname', () => `${node.plan.hostName}\n`)
  await compare('/etc/hosts', () => hostsFile(topology))
  for (const file of new Set(edits.map((edit) => edit.file))) {
    await compare(file, (before) =>
      edits
        .filter((edit) => edit.file === file)
        .reduce((text, edit) => editText(text, edit, fillIn(edit.value, node, topology)), before),
    )
  }
  return changes
}

function roleOf(node: RunningNode, { contract }: Topology): Topology['contract']['roles'][string] {
  const role = contract.roles[node.plan.role]
  if (role) return role
  throw new StackrigError('INTERNAL', `contract ${contract.name} has no role ${node.plan.role}`)
}

/** Makes the topology's passwords those of the accounts in Keystone. */
async function setPasswords(controller: RunningNode, topology: Topology): Promise<void> {
  const { contract, passwords } = topology
  if (!contract.passwords || !passwords) return
  const command = fillIn(contract.passwords.set, controller, topology)
  await controller.run({ timeout: '30min' })`sh -c ${command}`.catch((error: unknown) => {
    if (error instanceof Error) error.message = withoutPasswords(topology, error.message)
    throw error
  })
}

/**
 * The same on every node: every host can name every other (hosts(5)). `localhost` is the IPv4 address alone: of two
 * addresses some clients try the first one only (pymemcache 4.0), and the services listen on IPv4.
 */
function hostsFile(topology: Topology): string {
  const hosts = topology.nodes.map((node) => `${node.address} ${hostNames(topology, node).join(' ')}\n`)
  return ['127.0.0.1 localhost\n', '::1 ip6-localhost ip6-loopback\n', ...hosts].join('')
}

/** A contract's text with what this node's topology puts in place of the words in braces. */
function fillIn(text: string, node: RunningNode, topology: Topology): string {
  const controller = controllerOf(topology)
  const { admin, service } = passwordsOf(topology)
  return text
    .replaceAll('{controller}', controller?.hostName ?? node.plan.hostName)
    .replaceAll('{address}', node.plan.address)
    .replaceAll('{name}', node.plan.hostName)
    .replaceAll('{adminPassword}', admin)
    .replaceAll('{servicePassword}', service)
}
