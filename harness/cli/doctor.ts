import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Command } from 'commander'
import { styleText } from 'node:util'
import * as z from 'zod'
import { messageOf, StackrigError } from '../errors/index.js'
import { availableMemory } from '../cluster/index.js'
import { findImage } from '../images/index.js'
import { cacheFolder, harnessFile } from '../paths.js'
import { probeAcceleration } from '../qemu/index.js'
import { settings } from '../settings.js'
import { Sandbox } from '../sandbox/index.js'
import { makeFolder } from '../make-folder.js'

/** One thing a host needs. */
interface Finding {
  what: string
  ok: boolean
  seen: string
  /** The command that mends it. */
  next?: string
}

const programsSchema = z.record(
  z.string(),
  z.object({ package: z.string(), for: z.string(), optional: z.boolean().optional() }),
)

/** `stackrig doctor`: what works on this machine, what does not, and the command that mends it. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check this machine, and say how to mend it')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = [...programs(), tun(), await namespaces(), await acceleration(), memory(), disk()]
      if (json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`)
      else for (const finding of findings) print(finding)
      if (findings.some(({ ok }) => !ok)) process.exitCode = 1
    })
}

/** Where what was seen begins in a line. */
const seenColumn = 26

function print({ what, ok, seen, next }: Finding): void {
  process.stdout.write(
    `${ok ? styleText('green', 'ok  ') : styleText('red', 'no  ')} ${what.padEnd(20)} ${seen}\n`,
  )
  if (next) process.stdout.write(`${' '.repeat(seenColumn)}${styleText('bold', next)}\n`)
}

function programs(): Finding[] {
  const text = readFileSync(harnessFile('host-programs.json'), 'utf8')
  const wanted = Object.entries(programsSchema.parse(JSON.parse(text)))
  const folders = `${settings().path}:/usr/sbin:/sbin`.split(delimiter)
  const missing = wanted.filter(
    ([program]) =>
      !folders.some((folder) => existsSync(program.startsWith('/') ? program : join(folder, program))),
  )
  if (missing.length === 0)
    return [{ what: 'programs', ok: true, seen: `all ${wanted.length} are installed` }]
  const packages = [...new Set(missing.map(([, entry]) => entry.package))]
  return missing.map(([program, entry], index) => ({
    what: program,
    ok: entry.optional ?? false,
    seen: `not installed; for ${entry.for}`,
    ...(index === missing.length - 1 && {
      next: `sudo apt-get install --yes --no-install-recommends ${packages.join(' ')}`,
    }),
  }))
}

function tun(): Finding {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
    return { what: '/dev/net/tun', ok: true, seen: 'opens' }
  } catch (error) {
    return {
      what: '/dev/net/tun',
      ok: false,
      seen: messageOf(error),
      next: 'sudo modprobe tun && sudo chmod 0666 /dev/net/tun',
    }
  }
}

/** Not guessed from settings: a sandbox is opened. */
async function namespaces(): Promise<Finding> {
  const what = 'sandbox'
  try {
    await using sandbox = await Sandbox.open({
      cidr: '192.168.7.0/24',
      gateway: '192.168.7.1',
      hosts: [{ name: 'trial', address: '192.168.7.2' }],
    })
    const { output } = await sandbox.run(['ip', '-brief', 'link'])
    return { what, ok: output.includes('tap0'), seen: 'namespaces, bridge and taps work' }
  } catch (error) {
    // The error's own text ends with the command that mends it.
    return { what, ok: false, seen: messageOf(error).replaceAll('\n', `\n${' '.repeat(seenColumn)}`) }
  }
}

async function acceleration(): Promise<Finding> {
  const what = 'accelerator'
  try {
    const { accelerator, reason } = await probeAcceleration(await findImage('pocket'))
    return { what, ok: true, seen: `${accelerator}: ${reason}` }
  } catch (error) {
    if (!(error instanceof StackrigError && error.code === 'IMAGE_MISSING')) {
      return { what, ok: false, seen: messageOf(error) }
    }
    return {
      what,
      ok: true,
      seen: 'not tried yet: it needs the pocket image',
      next: 'npx stackrig images build pocket',
    }
  }
}

function memory(): Finding {
  const { mebibytes, source } = availableMemory()
  const free = mebibytes / 1024
  const ok = free >= 8
  return {
    what: 'memory',
    ok,
    seen: `${free.toFixed(1)} GiB available (${source}); a cloud of three nodes takes 8`,
    ...(!ok && { next: 'end other programs; npx stackrig ps lists running clusters' }),
  }
}

/** GiB that images, packages and snapshots take together. */
const cacheSize = 25

function disk(): Finding {
  const what = 'disk'
  const folder = cacheFolder()
  // Whatever its exit status: files come and go while du looks.
  const ask = (program: string, ...args: string[]): string =>
    spawnSync(program, [...args, folder], { encoding: 'utf8' }).stdout.trim()
  try {
    makeFolder(folder)
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    const free = (bavail * bsize) / 1024 ** 3
    const used = parseInt(ask('du', '--summarize', '--block-size=1M')) / 1024
    const ok = free + used >= cacheSize
    const type = ask('stat', '--file-system', '--format=%T')
    return {
      what,
      ok,
      seen: `${free.toFixed(0)} GiB free in ${folder} (${type}), which holds ${used.toFixed(0)}`,
      ...(!ok && {
        next: `it needs ${cacheSize} in all: free some, or set STACKRIG_CACHE to a larger disk`,
      }),
    }
  } catch (error) {
    return {
      what,
      ok: false,
      seen: messageOf(error),
      next: 'set STACKRIG_CACHE to a folder that can be written',
    }
  }
}
