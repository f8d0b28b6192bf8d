import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { StackrigError } from './errors/index.js'

/** A variable that is set to nothing counts as one that is not set. */
const text = z.string().transform((value) => value || undefined)

/** Every variable of the environment that stackrig reads, as the environment has it. docs/commands.md lists them. */
const environmentSchema = z.object({
  STACKRIG_CACHE: text.optional(),
  STACKRIG_ACCELERATOR: text.pipe(z.enum(['kvm', 'tcg']).optional()).optional(),
  STACKRIG_LAUNCHER: text.pipe(z.enum(['direct', 'runqemu']).optional()).optional(),
  STACKRIG_GOLDEN_GIB: text
    .transform((value) => (value === undefined ? undefined : Number(value)))
    .pipe(z.number().positive().optional())
    .optional(),
  STACKRIG_CORE: text.pipe(z.enum(['three-node', 'all-in-one']).optional()).optional(),
  STACKRIG_RESULTS: text.optional(),
  RUNQEMU: text.optional(),
  PATH: text.optional(),
  TERM: text.optional(),
  DEBUG: text.optional(),
})

/** What each variable must be, for people. */
const wanted: Partial<Record<keyof z.input<typeof environmentSchema>, string>> = {
  STACKRIG_ACCELERATOR: 'kvm or tcg',
  STACKRIG_LAUNCHER: 'direct or runqemu',
  STACKRIG_GOLDEN_GIB: 'a number of GiB above zero',
  STACKRIG_CORE: 'three-node or all-in-one',
}

/** What the environment says, checked and with defaults. */
export interface Settings {
  /** Where images, golden snapshots and logs of boots are kept. */
  cache: string
  /** Where running clusters have their sockets and disks. */
  temporary: string
  /** Without it, what works is found out. */
  accelerator: 'kvm' | 'tcg' | undefined
  /** Who calls QEMU: stackrig itself, or OpenEmbedded's runqemu. */
  launcher: 'direct' | 'runqemu'
  /** Path of runqemu; without it, the one on PATH. */
  runqemu: string | undefined
  /** GiB on disk that golden snapshots may take together. */
  goldenGiB: number
  /** What the scenarios run on that must pass on one node as on three. */
  core: 'three-node' | 'all-in-one'
  /** Folder of the results of a run that is started with vitest by hand. */
  results: string | undefined
  /** Folders in which programs are looked for. */
  path: string
  home: string
  /** What kind of terminal this is (term(7)). */
  terminal: string
  /** Whether errors are shown with their stack. */
  debug: boolean
  /** All variables, for programs that a person starts through stackrig. */
  environment: Readonly<NodeJS.ProcessEnv>
}

/** @throws StackrigError USAGE naming the variable that cannot be used. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const parsed = environmentSchema.safeParse(environment)
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]) as keyof typeof wanted
    throw new StackrigError('USAGE', `${name} must be ${wanted[name] ?? 'a text'}`, {
      seen: environment[name],
    })
  }
  const given = parsed.data
  const home = homeFolder(given.STACKRIG_CACHE)
  return {
    cache: resolve(given.STACKRIG_CACHE ?? join(home, '.cache', 'stackrig')),
    temporary: resolve(tmpdir()),
    accelerator: given.STACKRIG_ACCELERATOR,
    launcher: given.STACKRIG_LAUNCHER ?? 'direct',
    runqemu: given.RUNQEMU,
    goldenGiB: given.STACKRIG_GOLDEN_GIB ?? 24,
    core: given.STACKRIG_CORE ?? 'three-node',
    results: given.STACKRIG_RESULTS,
    path: given.PATH ?? '',
    home,
    terminal: given.TERM ?? 'linux',
    debug: given.DEBUG !== undefined,
    environment,
  }
}

/** The home folder; the root folder for a user who has none and needs none. */
function homeFolder(cache: string | undefined): string {
  try {
    return homedir()
  } catch (cause) {
    if (cache !== undefined) return '/'
    throw new StackrigError('USAGE', 'HOME or STACKRIG_CACHE must say where images are kept', {
      seen: 'HOME is not set, and this user has no entry in /etc/passwd',
      next: 'export STACKRIG_CACHE=FOLDER, of a disk with room for images',
      cause,
    })
  }
}

let read: Settings | undefined

/** The settings of this process: the environment is read once, when they are first asked for. */
export function settings(): Settings {
  read ??= readSettings(process.env)
  return read
}

/** For tests, which change the environment of their own process: the next look reads it anew. */
export function forgetSettings(): void {
  read = undefined
}
