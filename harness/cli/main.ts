import { Command, CommanderError } from 'commander'
import { styleText } from 'node:util'
import { forPeople, hostFault, messageOf, StackrigError } from '../errors/index.js'
import { exitStatusOf } from '../report/index.js'
import { settings } from '../settings.js'
import { interrupted } from './interrupt.js'

/** Loaded when they are named: one command needs little of what all of them do. */
const commands = new Map(
  Object.entries<() => Promise<() => Command>>({
    start: async () => (await import('./start.js')).startCommand,
    test: async () => (await import('./test.js')).testCommand,
    doctor: async () => (await import('./doctor.js')).doctorCommand,
    images: async () => (await import('./images.js')).imagesCommand,
    topology: async () => (await import('./topology.js')).topologyCommand,
    golden: async () => (await import('./golden.js')).goldenCommand,
    up: async () => (await import('./up.js')).upCommand,
    rewind: async () => (await import('./rewind.js')).rewindCommand,
    capsule: async () => (await import('./capsule.js')).capsuleCommand,
    replay: async () => (await import('./replay.js')).replayCommand,
    record: async () => (await import('./record.js')).recordCommand,
    ps: async () => (await import('./ps.js')).psCommand,
    exec: async () => (await import('./exec.js')).execCommand,
    sync: async () => (await import('./sync.js')).syncCommand,
    shell: async () => (await import('./shell.js')).shellCommand,
    watch: async () => (await import('./watch.js')).watchCommand,
    why: async () => (await import('./why.js')).whyCommand,
    console: async () => (await import('./console.js')).consoleCommand,
    down: async () => (await import('./down.js')).downCommand,
    init: async () => (await import('./init.js')).initCommand,
    fixed: async () => (await import('./fixed.js')).fixedCommand,
    bisect: async () => (await import('./bisect.js')).bisectCommand,
    nightly: async () => (await import('./nightly.js')).nightlyCommand,
    sweep: async () => (await import('./sweep.js')).sweepCommand,
    bug: async () => (await import('./bug.js')).bugCommand,
    bugs: async () => (await import('./bugs.js')).bugsCommand,
    bench: async () => (await import('./bench.js')).benchCommand,
  }),
)

/** The command line with the command of that name, or with all. */
export async function commandLine(name = ''): Promise<Command> {
  const program = new Command('stackrig')
    .description('Boot OpenStack images in QEMU once, fork the running cluster for every scenario.')
    .showHelpAfterError('(stackrig --help lists the commands)')
    .enablePositionalOptions()
    .exitOverride()
  const named = commands.get(name)
  for (const load of named ? [named] : commands.values()) {
    const make = await load()
    // Subcommands made apart do not take over the program's settings by themselves.
    program.addCommand(make().copyInheritedSettings(program))
  }
  return program
}

/** Runs the command line; the exit status is one of those of docs/commands.md. */
export async function main(argv: string[]): Promise<void> {
  try {
    const program = await commandLine(argv[2])
    await program.parseAsync(argv)
    process.exitCode = interrupted.aborted ? 130 : (process.exitCode ?? 0)
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  if (interrupted.aborted) return 130
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const known = knownError(error)
  const stack = stacksWanted() && error instanceof Error ? error.stack && forPeople(error.stack) : undefined
  process.stderr.write(
    `${styleText('red', known.code, { stream: process.stderr })} ${stack ?? known.message}\n`,
  )
  return exitStatusOf(known)
}

/** What cannot be read of the environment is what may have just failed. */
function stacksWanted(): boolean {
  try {
    return settings().debug
  } catch {
    return false
  }
}

/** What the system refused is no defect of ours, wherever nobody thought of it; all else is. */
function knownError(error: unknown): StackrigError {
  if (error instanceof StackrigError) return error
  const { path = '', code } = error as NodeJS.ErrnoException
  const fault = code === 'ENOENT' ? error : hostFault(error, 'this machine must let its files be used', path)
  return fault instanceof StackrigError ? fault : new StackrigError('INTERNAL', messageOf(error))
}
