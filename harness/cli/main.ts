import { Command, CommanderError } from 'commander'
import { styleText } from 'node:util'
import { forPeople, messageOf, StackrigError } from '../errors/index.js'
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
    ps: async () => (await import('./ps.js')).psCommand,
    exec: async () => (await import('./exec.js')).execCommand,
    shell: async () => (await import('./shell.js')).shellCommand,
    console: async () => (await import('./console.js')).consoleCommand,
    down: async () => (await import('./down.js')).downCommand,
    init: async () => (await import('./init.js')).initCommand,
    bench: async () => (await import('./bench.js')).benchCommand,
  }),
)

/** Runs the command line; the exit status is one of those of docs/commands.md. */
export async function main(argv: string[]): Promise<void> {
  const program = new Command('stackrig')
    .description('Boot OpenStack images in QEMU once, fork the running cluster for every scenario.')
    .showHelpAfterError('(stackrig --help lists the commands)')
    .enablePositionalOptions()
    .exitOverride()
  const named = commands.get(argv[2] ?? '')
  for (const load of named ? [named] : commands.values()) {
    const make = await load()
    // Subcommands made apart do not take over the program's settings by themselves.
    program.addCommand(make().copyInheritedSettings(program))
  }
  try {
    await program.parseAsync(argv)
    process.exitCode = interrupted.aborted ? 130 : (process.exitCode ?? 0)
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  if (interrupted.aborted) return 130
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const stack = settings().debug && error instanceof Error ? error.stack && forPeople(error.stack) : undefined
  const code = error instanceof StackrigError ? error.code : 'INTERNAL'
  process.stderr.write(`${styleText('red', code, { stream: process.stderr })} ${stack ?? messageOf(error)}\n`)
  // What is no StackrigError is a defect of stackrig.
  return exitStatusOf(
    error instanceof StackrigError ? error : new StackrigError('INTERNAL', messageOf(error)),
  )
}
