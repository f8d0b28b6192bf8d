import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectFolder } from '../paths.js'

const harness = join(projectFolder, 'harness') + '/'

/**
 * What a file of the project and all that it imports come to, as one program: without comments, layout, and what is not
 * used. The harness itself and packages are not in it (esbuild.github.io/api, "Bundle").
 */
export async function bundledSource(url: string): Promise<string> {
  const file = fileURLToPath(url)
  // Loaded when it is needed: most commands ask for no stage.
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    absWorkingDir: projectFolder,
    entryPoints: [relative(projectFolder, file)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    minifyWhitespace: true,
    logLevel: 'silent',
    plugins: [
      {
        name: 'fixtures only',
        setup: (bundling) => {
          bundling.onResolve({ filter: /.*/ }, ({ path, kind, importer }) => {
            const outside = !path.startsWith('.') || join(dirname(importer), path).startsWith(harness)
            return kind === 'entry-point' || !outside ? undefined : { path, external: true }
          })
        },
      },
    ],
  })
  return outputFiles.map(({ text }) => text).join('\n')
}
