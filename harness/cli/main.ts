import { Command, CommanderError } from 'commander'
import { styleText } from 'node:util'
import { messageOf, StackrigError } from '../errors.js'
import { benchCommand } from './bench.js'
import { consoleCommand } from './console.js'
import { doctorCommand } from './doctor.js'
import { downCommand } from './down.js'
import { goldenCommand } from './golden.js'
import { imagesCommand } from './images.js'
import { interrupted } from './interrupt.js'
import { psCommand } from './ps.js'
import { shellCommand } from './shell.js'
import { startCommand } from './start.js'
import { testCommand } from './test.js'
import { upCommand } from './up.js'

/** Runs the command line; the exit status is 0, 1 for a failure, 2 for wrong use, 130 after Ctrl-C. */
export async function main(argv: string[]): Promise<void> {
  const program = new Command('stackrig')
    .description('Boot OpenStack images in QEMU once, fork the running cluster for every scenario.')
    .showHelpAfterError('(stackrig --help lists the commands)')
    .enablePositionalOptions()
    .exitOverride()
  for (const make of [
    ...[startCommand, testCommand, doctorCommand, imagesCommand, goldenCommand, upCommand, psCommand],
    ...[shellCommand, consoleCommand, downCommand, benchCommand],
  ]) {
    // Subcommands made apart do not take over the program's settings by themselves.
    program.addCommand(make().copyInheritedSettings(program))
  }
  try {
    await program.parseAsync(argv)
    process.exitCode ??= 0
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  if (interrupted.aborted) return 130
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const debugging = Boolean(process.env['DEBUG'])
  const stack =
    error instanceof Error && (debugging || !(error instanceof StackrigError)) ? error.stack : undefined
  const code = error instanceof StackrigError ? error.code : 'INTERNAL'
  process.stderr.write(
    `${styleText('red', code, { stream: process.stderr })} ${debugging && stack ? stack : messageOf(error)}\n`,
  )
  return error instanceof StackrigError && error.class === 'usage' ? 2 : 1
}
