import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fixtureParts } from '../fixture-module.js'
import { readLock } from '../images/index.js'
import { fileStem, projectFolder } from '../paths.js'
import { findTopology } from '../scenario/index.js'
import { settings } from '../settings.js'

/**
 * Changes with whatever a file of scenarios is made of: its own text and that of the fixtures it imports, without comments and layout; what
 * images.lock says of the images of its topologies; and the recipes that images are made from.
 * @param file from the project's folder
 * @param topologies names of those on which it runs besides the ones it imports
 */
export async function scenarioDigest(file: string, topologies: readonly string[] = []): Promise<string> {
  const parts = await fixtureParts(join(projectFolder, file))
  const found = await Promise.all([...new Set([...topologiesOf(parts), ...topologies])].map(findTopology))
  const { images } = readLock()
  const names = [...new Set(found.flatMap(({ nodes }) => nodes.map(({ image }) => image)))].sort()
  const hash = createHash('sha256').update(parts.text)
  for (const name of names) hash.update(JSON.stringify([name, images[name]]))
  // A scenario whose topology is not known here may stand on any image.
  if (names.length === 0) hash.update(JSON.stringify(images))
  return hash
    .update(await folderDigest(['fixtures/images']))
    .digest('hex')
    .slice(0, 24)
}

/** Names of the topologies that a file of scenarios runs on. @param file from the project's folder */
export const scenarioTopologies = async (file: string): Promise<string[]> =>
  topologiesOf(await fixtureParts(join(projectFolder, file)))

function topologiesOf({ files, imported }: { files: string[]; imported: string[] }): string[] {
  const own = files.filter((one) => /(^|\/)topologies\/[^/]+\.ts$/.test(one))
  const ofStackrig = imported.filter((one) => /^stackrig\/topologies\/[^/]+$/.test(one))
  // The one file that finds its topology by a setting.
  const core = files.some((one) => fileStem(one) === 'core-topology') ? [settings().core] : []
  return [...new Set([...[...own, ...ofStackrig].map(fileStem), ...core])]
}

/** A digest of all files of some folders, and some files, of the project. What is not there is nothing. */
export async function folderDigest(places: readonly string[], project = projectFolder): Promise<string> {
  const hash = createHash('sha256')
  for (const place of places) {
    const root = join(project, place)
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => undefined)
    const files = entries
      ? entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
      : [root]
    for (const path of files.toSorted()) {
      const content = await readFile(path).catch(() => undefined)
      if (content) hash.update(`${path.slice(project.length)} ${content.length}\n`).update(content)
    }
  }
  return hash.digest('hex')
}
