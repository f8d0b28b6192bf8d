// Makes JavaScript of the sources of stackrig in dist/, when that has not been done yet. The command line runs what is there:
// nothing is translated while it loads. Plain JavaScript, for it runs before anything is translated.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** Where a package has what was built before it was packed; it has no sources. */
export const packed = join(dist, 'package')

/** Whether this is a checkout. */
const hasSources = existsSync(join(root, 'harness', 'index.ts'))

// A command that runs from an older build loads the rest of it as it needs it.
const oldBuild = 3_600_000

/** What npm has installed: packages are a part of what is built. */
const installed = 'node_modules/.package-lock.json'

/** Every source but tests, and every file that lies beside them, by its path from the root. @returns {string[]} */
const sources = () => ['harness', 'fixtures'].flatMap(filesIn)

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  return readdirSync(root + folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return path === 'fixtures/images' ? [] : filesIn(path)
    return entry.isFile() && !path.endsWith('.test.ts') ? path : []
  })
}

/** Changes with every source: a file that is older than before is another one, too. Every command waits for this. */
function stamp() {
  const lines = [...sources().sort(), installed].map((file) => {
    // Who has installed the packages otherwise has no such file.
    const { size, mtimeMs, ino } = statSync(root + file, { throwIfNoEntry: false }) ?? {}
    return `${file} ${size} ${mtimeMs} ${ino}\n`
  })
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16)
}

/** Makes sure that there is a build of the sources as they are. @returns {Promise<string>} its folder */
export async function ensureBuilt() {
  return hasSources ? ensure(join(dist, stamp()), buildInto) : packed
}

/** The same with each module in a file of its own, for tests: their scripts use parts of the harness. @returns {Promise<string>} */
export async function ensureModules() {
  return ensure(join(dist, `${stamp()}-modules`), (folder) => translate(sources(), folder))
}

/**
 * Each in a folder of its own: other processes may build at the same time, or run what is there.
 * @param {string} folder
 * @param {(fresh: string) => Promise<unknown>} make
 */
async function ensure(folder, make) {
  if (existsSync(folder)) {
    touch(folder)
    return folder
  }
  const fresh = `${folder}.${process.pid}`
  // First: what is said of a folder that the bundlers cannot make has no code of the system's.
  mkdirSync(fresh, { recursive: true })
  try {
    await make(fresh)
    renameSync(fresh, folder)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    // Otherwise another process was faster, and has built the same.
    if (!existsSync(folder)) throw error
  }
  removeOldBuilds()
  return folder
}

/** Says that a build is in use. Where nobody may write, nobody removes old ones. @param {string} folder */
function touch(folder) {
  try {
    const now = new Date()
    utimesSync(folder, now, now)
  } catch {
    // It runs all the same.
  }
}

/** What the command line runs, and what is packed. @param {string} folder */
export async function buildInto(folder) {
  const others = sources().filter((file) => !(file.startsWith('harness/') && file.endsWith('.ts')))
  await Promise.all([bundleHarness(folder), bundlePage(folder), translate(others, folder)])
}

/**
 * The harness and the packages that it uses, in few files: Node needs half a millisecond for each that it loads, and `ps` needed 550.
 * A command has what it needs in files of its own and in those that it shares with others. Fixtures are not among them: they are
 * found by their names.
 * @param {string} folder
 */
async function bundleHarness(folder) {
  const { build } = await import('rolldown')
  await build({
    cwd: root,
    input: { main: 'harness/cli/main.ts', index: 'harness/index.ts', vitest: 'harness/vitest.ts' },
    platform: 'node',
    // Those that find files of theirs by where they lie, and vitest, of which there must be one.
    external: [/^vitest(\/|$)/, 'playwright-core', 'esbuild', 'better-sqlite3', 'node-pty', 'prettier'],
    // Nothing of ours is imported for what it does when it is loaded: otherwise the index.ts of a room brings the whole room.
    treeshake: { moduleSideEffects: (file) => (file.includes('/node_modules/') ? undefined : false) },
    transform: { target: 'node20' },
    logLevel: 'warn',
    output: { dir: join(folder, 'harness'), sourcemap: true, sourcemapExcludeSources: true },
  })
}

/** What runs in the browser of who reads a report. @param {string} folder */
async function bundlePage(folder) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: ['harness/report/page/main.ts'],
    outfile: join(folder, 'harness', 'report', 'page', 'main.js'),
    bundle: true,
    format: 'esm',
    logLevel: 'error',
  })
}

/** @param {string[]} files @param {string} folder */
async function translate(files, folder) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: files.filter((file) => file.endsWith('.ts')),
    outdir: folder,
    outbase: root,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
  })
  for (const file of files.filter((name) => !name.endsWith('.ts'))) {
    const copy = join(folder, file)
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(root + file, copy)
  }
}

/** Those of other sources that nobody has used for long, and what a build that was killed has left. */
function removeOldBuilds() {
  const current = stamp()
  for (const name of readdirSync(dist)) {
    const folder = join(dist, name)
    const isOurs = name === current || name === `${current}-modules`
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Infinity)
    if (!isOurs && folder !== packed && age > oldBuild) rmSync(folder, { recursive: true, force: true })
  }
}
