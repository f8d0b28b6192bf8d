import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as z from 'zod'
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
  STACKRIG_MOMENTS_GIB: text
    .transform((value) => (value === undefined ? undefined : Number(value)))
    .pipe(z.number().positive().optional())
    .optional(),
  STACKRIG_CORE: text
    .pipe(
      z
        .string()
        .regex(/^[a-z][a-z0-9-]*$/)
        .optional(),
    )
    .optional(),
  STACKRIG_RESULTS: text.optional(),
  STACKRIG_SWEEP: text.optional(),
  STACKRIG_EXACT: text.optional(),
  STACKRIG_ARCHIVE: text
    .pipe(
      z
        .string()
        .regex(/^\s*deb\s[^;]+(;\s*deb\s[^;]+)*;?\s*$/)
        .optional(),
    )
    .optional(),
  STACKRIG_DOWNLOADS: text.optional(),
  RUNQEMU: text.optional(),
  PATH: text.optional(),
  TERM: text.optional(),
  DEBUG: text.optional(),
  GITHUB_ACTIONS: text.optional(),
})

/** What each variable must be, for people. */
const wanted: Partial<Record<keyof z.input<typeof environmentSchema>, string>> = {
  STACKRIG_ACCELERATOR: 'kvm or tcg',
  STACKRIG_LAUNCHER: 'direct or runqemu',
  STACKRIG_GOLDEN_GIB: 'a number of GiB above zero',
  STACKRIG_MOMENTS_GIB: 'a number of GiB above zero',
  STACKRIG_CORE: 'the name of a file in fixtures/topologies',
  STACKRIG_ARCHIVE: 'lines of apt sources, "deb ADDRESS SUITE main", several with ;',
}

/** What the environment says, checked and with defaults. */
export interface Settings {
  /** Where images, golden snapshots and logs of boots are kept. Throws USAGE for a user without a home who does not say it. */
  readonly cache: string
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
  /** GiB on disk that the moments of scenarios may take together. */
  momentsGiB: number
  /** Name of the topology that the scenarios run on which must pass on any cloud, on one node as on three. */
  core: string
  /** Folder of the results of a run that is started with vitest by hand. */
  results: string | undefined
  /** The fault of this run, and the step after which it begins: how `stackrig sweep` tells the runs that it starts. */
  sweep: string | undefined
  /** An `images.lock` whose images are built with exactly its packages; without it, with the newest. */
  exact: string | undefined
  /** Lines of apt sources of an archive that has old versions, with `;` between them. */
  archive: string | undefined
  /** Where downloaded packages are kept: caches may share it. Throws as `cache`. */
  readonly downloads: string
  /** Folders in which programs are looked for. */
  path: string
  /** The root folder for a user who has none. */
  home: string
  /** What kind of terminal this is (term(7)). */
  terminal: string
  /** Whether errors are shown with their stack. */
  debug: boolean
  /** Whether a runner of GitHub's reads what is printed ("Default environment variables" of GitHub Actions). */
  githubActions: boolean
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
  const home = homeFolder()
  // Only what needs the cache fails where nobody can say where it is.
  const cache = (): string => resolve(given.STACKRIG_CACHE ?? join(home ?? noHome(), '.cache', 'stackrig'))
  return {
    get cache() {
      return cache()
    },
    get downloads() {
      return given.STACKRIG_DOWNLOADS === undefined ? cache() : resolve(given.STACKRIG_DOWNLOADS)
    },
    temporary: resolve(tmpdir()),
    accelerator: given.STACKRIG_ACCELERATOR,
    launcher: given.STACKRIG_LAUNCHER ?? 'direct',
    runqemu: given.RUNQEMU,
    goldenGiB: given.STACKRIG_GOLDEN_GIB ?? 24,
    momentsGiB: given.STACKRIG_MOMENTS_GIB ?? 4,
    core: given.STACKRIG_CORE ?? 'three-node',
    results: given.STACKRIG_RESULTS,
    sweep: given.STACKRIG_SWEEP,
    exact: given.STACKRIG_EXACT === undefined ? undefined : resolve(given.STACKRIG_EXACT),
    archive: given.STACKRIG_ARCHIVE,
    path: given.PATH ?? '',
    home: home ?? '/',
    terminal: given.TERM ?? 'linux',
    debug: given.DEBUG !== undefined,
    githubActions: given.GITHUB_ACTIONS === 'true',
    environment,
  }
}

/** Undefined where HOME is not set, and /etc/passwd does not know this user, as in a container. */
function homeFolder(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}

function noHome(): never {
  throw new StackrigError('USAGE', 'HOME or STACKRIG_CACHE must say where images are kept', {
    seen: 'HOME is not set, and this user has no entry in /etc/passwd',
    next: 'export STACKRIG_CACHE=FOLDER, of a disk with room for images',
  })
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
