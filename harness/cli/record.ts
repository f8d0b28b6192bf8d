import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { Command } from 'commander'
import { isStage, openBrowser } from '../cloud/index.js'
import { cloudAccess, hostsBeside, passwordsOf, type Cluster, type Topology } from '../cluster/index.js'
import { messageOf, StackrigError } from '../errors/index.js'
import { isCheckout, projectFolder } from '../paths.js'
import { listenToPages, Recording, ScenarioFile, Session, type Subject } from '../record/index.js'
import { findStartExport, prepare, type StartExport } from '../scenario/index.js'
import { forkCluster } from '../snapshot/index.js'
import { environmentFor } from './exec.js'
import { interrupted } from './interrupt.js'
import { print } from './print.js'
import { Progress } from './progress.js'
import { requireProgram } from './require-program.js'
import { settings } from '../settings.js'
import { terminalOn } from './shell.js'

interface RecordOptions {
  out?: string
  title?: string
  url?: string
}

/** `stackrig record`: what a person does with a fork, as a scenario. */
export function recordCommand(): Command {
  return new Command('record')
    .description('open a fork in this terminal, and write what is done with it as a scenario')
    .argument('[start]', 'name of a file in fixtures/topologies or fixtures/stages', 'three-node')
    .option('--out <file>', 'the scenario (default: the next free scenarios/bugs/recorded-START.scenario.ts)')
    .option('--title <text>', 'what the scenario shows, in one line')
    .option('--url <url>', 'where the report is')
    .action(async (startName: string, options: RecordOptions) => {
      requireTerminal()
      const { spawn } = await loadTerminal()
      await requireProgram('bash')
      const found = await findStartExport(startName)
      const topology = isStage(found.start) ? found.start.topology : found.start
      const path = outFile(startName, options.out)
      const place = (): string => outFile(startName, options.out)
      const file = new ScenarioFile(place, subjectOf(startName, found, { path, topology, ...options }))
      const environment = environmentFor(topology)
      const recording = new Recording(() => file.update([...recording.notes]))
      await using cluster = await fork(found)
      using session = await Session.open(cluster, {
        ...{ recording, spawn, environment, signal: interrupted },
        hosts: hostsBeside(topology, readFileSync('/etc/hosts', 'utf8')),
        openTerminal: async (node, command) => {
          await terminalOn(node, { raw: command, lines: command })
        },
        openBrowser: () => openHorizon(cluster, recording),
      })
      tellHow(topology)
      await session.join()
      await tellEnd(file, recording)
    })
}

/** @throws StackrigError USAGE */
function requireTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return
  throw new StackrigError('USAGE', 'a recording must have a terminal, for a person', {
    seen: `standard ${process.stdin.isTTY ? 'output' : 'input'} is none`,
    next: 'type it in a terminal; over ssh: ssh -t',
  })
}

/** @throws StackrigError HOST_PROGRAM_MISSING */
async function loadTerminal(): Promise<typeof import('node-pty')> {
  try {
    return await import('node-pty')
  } catch (error) {
    throw new StackrigError('HOST_PROGRAM_MISSING', 'node-pty must be installed for a recording', {
      seen: messageOf(error).split('\n', 1)[0],
      next: 'npm ci; where it has to be built: apt-get install g++ make python3',
      cause: error,
    })
  }
}

async function fork({ start }: StartExport): ReturnType<typeof forkCluster> {
  using progress = new Progress()
  const snapshot = await prepare(start, { signal: interrupted, onProgress: progress.say })
  return await forkCluster(snapshot, { signal: interrupted })
}

/** The dashboard, in a browser on this screen; it closes with the cluster. @throws StackrigError USAGE, and those of `openBrowser` */
async function openHorizon(cluster: Cluster, recording: Recording): Promise<void> {
  const { horizonUrl } = cloudAccess(cluster.topology)
  const { DISPLAY: display, XAUTHORITY: authority } = settings().environment
  if (!display)
    throw new StackrigError('USAGE', 'a browser must have a screen', {
      seen: 'DISPLAY is not set',
      next: 'record in a terminal of a desktop',
    })
  const browser = await openBrowser(cluster, {
    screen: { display, authority: authority ?? join(settings().home, '.Xauthority') },
  })
  const context = await browser.newContext({ viewport: null })
  await listenToPages(context, recording, Object.values(passwordsOf(cluster.topology)))
  const page = await context.newPage()
  await page.goto(horizonUrl, { waitUntil: 'domcontentloaded', timeout: 120_000 })
}

/** @throws StackrigError USAGE for a file that is there, or that no run of tests would find. */
function outFile(start: string, out: string | undefined): string {
  const folder = join(projectFolder, 'scenarios')
  if (out === undefined) {
    for (let number = 1; ; number++) {
      const name = `recorded-${start}${number === 1 ? '' : `-${number}`}.scenario.ts`
      if (!existsSync(join(folder, 'bugs', name))) return join(folder, 'bugs', name)
    }
  }
  const path = resolve(out)
  if (!path.startsWith(folder + sep) || !path.endsWith('.scenario.ts'))
    throw new StackrigError('USAGE', 'a scenario must be a file of scenarios/ that ends with .scenario.ts', {
      ...{ seen: out, where: projectFolder },
      next: `--out ${join('scenarios', 'bugs', 'NAME.scenario.ts')}`,
    })
  if (existsSync(path))
    throw new StackrigError('USAGE', 'a recording must not replace a scenario', {
      where: path,
      next: 'give another --out, or remove that file',
    })
  return path
}

function subjectOf(
  name: string,
  { start, variable, from }: StartExport,
  { path, topology, title, url }: RecordOptions & { path: string; topology: Topology },
): Subject {
  const imported = (file: string): string => {
    const way = relative(dirname(path), file).replace(/\.ts$/, '.js')
    return way.startsWith('.') ? way : `./${way}`
  }
  const access = topology.contract.cloud ? cloudAccess(topology) : undefined
  return {
    title: title?.trim() || `what was recorded on ${name}`,
    remarks: [
      ...(url === undefined ? [] : [url]),
      `Recorded with \`npx stackrig record ${name}\` on ${new Date().toISOString().slice(0, 10)}.`,
    ],
    start: {
      ...{ name, variable, from: 'file' in from ? imported(from.file) : from.module },
      topology: isStage(start) ? `${variable}.topology` : variable,
    },
    harness: isCheckout ? imported(join(projectFolder, 'harness', 'index.ts')) : 'stackrig',
    ports: access?.ports,
    horizonUrl: access?.horizonUrl,
  }
}

function tellHow({ nodes, contract }: Topology): void {
  const [first] = nodes
  print(
    `on NODE            a prompt on a node: ${nodes.map(({ name }) => name).join(', ')}; or one command: on ${first?.name ?? 'NODE'} hostname`,
    ...(contract.cloud
      ? [
          'openstack …        and any other program of this machine, in the network of the nodes',
          'horizon            the dashboard in a browser',
        ]
      : ['PROGRAM …          of this machine, in the network of the nodes']),
    'expect TEXT        what was said last must have it (expect not TEXT, expect status N)',
    'step NAME          what follows is a step of this name',
    'exit               the scenario is written',
  )
}

async function tellEnd(file: ScenarioFile, { notes }: Recording): Promise<void> {
  await file.settle().catch((error: unknown) => {
    // What could not be written is not lost.
    print(file.text)
    throw error
  })
  const name = relative(projectFolder, file.path ?? '')
  if (notes.length === 0) print('nothing was done, so there is no scenario')
  else print(name, `next: npx stackrig test ${name.replace(/\.scenario\.ts$/, '')}`)
}
