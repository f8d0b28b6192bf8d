import { readFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { harnessFile, packageFolder, projectFolder } from './paths.js'

/** Where fixtures find the harness: a project's that is stackrig itself, and those that came with a build. */
const harnesses = [join(packageFolder, 'harness') + '/', harnessFile('./')]
/** The harness that is running: a fixture must not load another copy of it. */
const running = pathToFileURL(harnessFile('index.js')).href

/** What an import of a fixture leads to, when that is no file of the project. */
function outside(path: string, importer: string): string | undefined {
  if (path.startsWith('.')) {
    const target = join(dirname(importer), path)
    return harnesses.some((harness) => target.startsWith(harness)) ? running : undefined
  }
  if (path === 'stackrig') return running
  return isBuiltin(path) ? path : pathToFileURL(createRequire(importer).resolve(path)).href
}

interface Bundled {
  text: string
  files: string[]
  /** What these import, as they name it where it is no file of the project. */
  imported: string[]
}

/**
 * A file of the project and all of the project's that it imports as one program, without comments and layout
 * (esbuild.github.io/api, "Bundle"). Imports of the harness and of packages stay as they are, or lead to the running ones.
 */
async function bundle(file: string, imports: 'as they are' | 'running'): Promise<Bundled> {
  // Loaded when it is needed: most commands load no fixture.
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    absWorkingDir: projectFolder,
    entryPoints: [relative(projectFolder, file)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    minifyWhitespace: true,
    logLevel: 'silent',
    plugins: [
      {
        name: 'files of the project only',
        setup: (bundling) => {
          bundling.onResolve({ filter: /.*/ }, ({ path, kind, importer }) => {
            if (kind === 'entry-point') return undefined
            // Where it leads matters only to what is run: a package may let itself be found by an import alone.
            const target = imports === 'running' || path.startsWith('.') ? outside(path, importer) : path
            if (target === undefined) return undefined
            return { path: imports === 'running' ? target : path, external: true }
          })
          // A bundle has another address than the files it is made of.
          bundling.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
            contents: (await readFile(path, 'utf8')).replaceAll(
              'import.meta.url',
              imports === 'running' ? JSON.stringify(pathToFileURL(path).href) : '""',
            ),
            loader: 'ts',
          }))
        },
      },
    ],
  })
  return {
    text: outputFiles.map(({ text }) => text).join('\n'),
    files: Object.keys(metafile.inputs),
    imported: Object.values(metafile.inputs).flatMap((input) => input.imports.map(({ path }) => path)),
  }
}

/** What a fixture comes to, with all that it imports: whatever changes it changes this. */
export const fixtureText = async (file: string): Promise<string> => (await bundle(file, 'as they are')).text

/** The same, the files of the project that it is made of, from the project's folder, and what they import. */
export const fixtureParts = (file: string): Promise<Bundled> => bundle(file, 'as they are')

/** What a fixture exports. A test runner translates TypeScript by itself; the command line does it here. */
export async function loadFixture(file: string): Promise<Record<string, unknown>> {
  // What came with stackrig is JavaScript already.
  const asItIs = import.meta.url.endsWith('.ts') || file.endsWith('.js')
  const url = asItIs
    ? pathToFileURL(file).href
    : `data:text/javascript;base64,${Buffer.from((await bundle(file, 'running')).text).toString('base64')}`
  return (await import(url)) as Record<string, unknown>
}
