import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { cloudAccess, hostsBeside, openstackEnvironment, type Topology } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { Sandbox } from '../sandbox/index.js'
import { settings } from '../settings.js'
import { leaveKeysToProgram } from './interrupt.js'
import { keptCluster } from './kept-clusters.js'
import { requireProgram } from './require-program.js'

interface ExecOptions {
  cluster?: string
  as?: string
  project?: string
}

/** `stackrig exec -- PROGRAM …`: a program of this machine in the network of a running cluster. */
export function execCommand(): Command {
  return new Command('exec')
    .description("run a program of this machine in a cluster's network, as its cloud's administrator")
    .argument('<program...>', 'the program and its arguments, best after --')
    .option('--cluster <name>', 'name of the cluster, when several are running')
    .option('--as <user>', 'another user of the cloud; the password is in OS_PASSWORD')
    .option('--project <name>', "another project than the administrator's")
    .passThroughOptions()
    .action(async (program: string[], options: ExecOptions) => {
      if (program[0] === '--') program.shift()
      await requireProgram(program[0] ?? '')
      const { folder, topology } = await keptCluster(options.cluster)
      const environment = environmentFor(topology, options)
      const sandbox = await Sandbox.attach(folder)
      leaveKeysToProgram()
      const hosts = hostsBeside(topology, readFileSync('/etc/hosts', 'utf8'))
      process.exitCode = await sandbox.visit(program, { hosts, environment })
      sandbox.detach()
    })
}

/**
 * What this process has around it, but for proxies, which cannot be reached from a network without a way out, and for another
 * cloud's variables.
 */
export function environmentFor(
  topology: Topology,
  { as: user, project }: Omit<ExecOptions, 'cluster'> = {},
): NodeJS.ProcessEnv {
  const { environment } = settings()
  const kept = Object.entries(environment).filter(([name]) => !/^OS_|_proxy$/i.test(name))
  if (!topology.contract.cloud && user === undefined && project === undefined) return Object.fromEntries(kept)
  const { credentials } = cloudAccess(topology)
  const password = environment['OS_PASSWORD']
  if (user !== undefined && user !== credentials.username && !password) {
    throw new StackrigError('USAGE', `OS_PASSWORD must be the password of ${user}`, {
      seen: 'it is not set',
      next: `OS_PASSWORD=... npx stackrig exec --as ${user} -- PROGRAM`,
    })
  }
  return {
    ...Object.fromEntries(kept),
    ...openstackEnvironment(topology, {
      username: user ?? credentials.username,
      password: user === undefined || user === credentials.username ? credentials.password : (password ?? ''),
      project: project ?? credentials.project,
    }),
  }
}
