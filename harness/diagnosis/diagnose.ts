import {
  describeService,
  downServices,
  planProvision,
  playsRole,
  type ChangedFile,
  type Cluster,
  withoutPasswords,
} from '../cluster/index.js'
import { humanDuration } from '../duration.js'
import { messageOf } from '../errors/index.js'

/** Beyond this a service may take the reports of another node for old ones, s. */
const clockTolerance = 60

/**
 * What is not as it should be, whatever failed: services that do not run, files and host names that are not the
 * topology's, clocks that do not agree, and what the logs are known to say. One sentence or more each; none when nothing
 * was found.
 *
 * It never rejects: it is asked when something has failed already, and that must stay the message.
 */
export async function diagnose(cluster: Cluster): Promise<string[]> {
  const looks = [stoppedServices, strangeNames, differentClocks, differentFiles, symptoms].map((look) =>
    look(cluster).catch((error: unknown) => [`no diagnosis: ${messageOf(error)}`]),
  )
  return (await Promise.all(looks)).flat()
}

async function stoppedServices(cluster: Cluster): Promise<string[]> {
  return Promise.all(
    (await downServices(cluster)).map(async ({ node, service, state }) => {
      const words = await describeService(cluster.node(node), service)
      return `${service} on ${node} is ${state}; ${words}`
    }),
  )
}

/** Names as the kernels have them: what agents call themselves by. */
async function strangeNames(cluster: Cluster): Promise<string[]> {
  const names = await Promise.all(
    cluster.nodes.filter((node) => node.isOn).map(async (node) => ({ node, name: await node.run`hostname` })),
  )
  return names
    .filter(({ node, name }) => name !== node.plan.hostName)
    .map(({ node, name }) => {
      const twins = names.filter((other) => other.node !== node && other.name === name)
      const also =
        twins.length > 0 ? `, which is the name of ${twins.map((twin) => twin.node.name).join(', ')}` : ''
      return `${node.name} calls itself "${name}"${also}; the topology calls it "${node.plan.hostName}"`
    })
}

async function differentClocks(cluster: Cluster): Promise<string[]> {
  const clocks = await Promise.all(
    cluster.nodes
      .filter((node) => node.isOn)
      .map(async ({ name, run }) => ({ name, seconds: Number(await run`date +%s`) })),
  )
  const [first, ...others] = clocks
  if (!first) return []
  return others
    .map(({ name, seconds }) => ({ name, ahead: seconds - first.seconds }))
    .filter(({ ahead }) => Math.abs(ahead) > clockTolerance)
    .map(({ name, ahead }) => {
      const apart = `${humanDuration(Math.abs(ahead) * 1000)} ${ahead > 0 ? 'ahead of' : 'behind'}`
      return `the clock of ${name} is ${apart} that of ${first.name}: what one tells is too old, or not yet true, for the other`
    })
}

async function differentFiles(cluster: Cluster): Promise<string[]> {
  const changes = await planProvision(cluster)
  return changes.map((change) => withoutPasswords(cluster.topology, describeChange(change)))
}

/** The lines that provisioning would replace, and by what. */
function describeChange({ node, file, before, after }: ChangedFile): string {
  const [had, wanted] = [before.split('\n'), after.split('\n')]
  const only = (lines: string[], others: string[]): string =>
    lines
      .filter((line) => !others.includes(line))
      .map((line) => `"${line}"`)
      .join(', ') || 'nothing'
  return `${file} on ${node} has ${only(had, wanted)}; the topology wants ${only(wanted, had)}`
}

async function symptoms(cluster: Cluster): Promise<string[]> {
  const known = cluster.topology.contract.symptoms ?? []
  const found = await Promise.all(
    known.flatMap(({ role, command, means }) =>
      cluster.nodes
        .filter((node) => node.isOn && playsRole(node.plan, role))
        .map(async (node) => {
          const { stdout } = await node.execute(command, { timeout: '30s' })
          const lines = stdout.toString().trim()
          return lines ? [`${node.name}: ${means}\n${lines}`] : []
        }),
    ),
  )
  return found.flat()
}
