// Translates the sources of stackrig to JavaScript in dist/, when that has not been done yet. The command line
// runs what is there: nothing is translated while it loads. Plain JavaScript, for it runs before anything is translated.
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** Where a package has what was built before it was packed; it has no sources. */
export const packed = join(dist, 'package')

/** Whether this is a checkout. */
const hasSources = existsSync(join(root, 'harness', 'index.ts'))

// A command that runs from an older build loads the rest of it as it needs it.
const oldBuild = 3_600_000

/** Every source, and every file that lies beside them. @returns {string[]} */
function sources() {
  return ['harness', 'fixtures'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('/fixtures/images'))
      .map((entry) => join(entry.parentPath, entry.name)),
  )
}

/** Changes with every source: a file that is older than before is another one, too. @param {string[]} files */
function stampOf(files) {
  const hash = createHash('sha256')
  for (const file of files.toSorted()) {
    const { size, mtimeMs, ino } = statSync(file)
    hash.update(`${relative(root, file)} ${size} ${mtimeMs} ${ino}\n`)
  }
  return hash.digest('hex')
}

/** Makes sure that there is a build of the sources as they are. @returns {Promise<string>} its folder */
export async function ensureBuilt() {
  if (!hasSources) return packed
  const folder = join(dist, stampOf(sources()).slice(0, 16))
  if (!existsSync(folder)) {
    await buildInto(folder)
    removeOldBuilds(folder)
  }
  return folder
}

/** Each in a folder of its own: other processes may build at the same time, or run what is there. @param {string} folder */
export async function buildInto(folder) {
  const files = sources()
  const fresh = `${folder}.${process.pid}`
  // First: what esbuild says of a folder that it cannot make has no code of the system's.
  mkdirSync(fresh, { recursive: true })
  const { build } = await import('esbuild')
  await build({
    entryPoints: files.filter((file) => file.endsWith('.ts') && !/\.test\.ts$/.test(file)),
    outdir: fresh,
    outbase: root,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
  })
  for (const file of files.filter((name) => !name.endsWith('.ts'))) {
    const copy = join(fresh, relative(root, file))
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(file, copy)
  }
  try {
    renameSync(fresh, folder)
  } catch (error) {
    // Another process was faster, and has built the same.
    rmSync(fresh, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
}

/** @param {string} keep */
function removeOldBuilds(keep) {
  for (const name of readdirSync(dist)) {
    const folder = join(dist, name)
    if (folder !== keep && Date.now() - statSync(folder).mtimeMs > oldBuild)
      rmSync(folder, { recursive: true, force: true })
  }
}
