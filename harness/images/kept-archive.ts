import { createHash } from 'node:crypto'
import { chmod, copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { buildFailed, givenUp, type BuildLog } from './program.js'

/**
 * Makes a folder an archive of these package files, as apt reads one ("Debian Repository Format", flat), and returns its source line.
 * @throws StackrigError IMAGE_BUILD_FAILED for a file that is no package
 */
export async function writeArchive(log: BuildLog, folder: string, debs: readonly string[]): Promise<string> {
  const stanzas: string[] = []
  for (const deb of debs) {
    const { stdout, failed } = await execa('dpkg-deb', ['--field', deb], {
      reject: false,
      cancelSignal: log.signal,
    })
    if (log.signal.aborted) throw givenUp(log)
    if (failed) throw buildFailed(log, `${deb} is no package: remove it`)
    // A percent sign would be read as the beginning of another character.
    const file = basename(deb).replaceAll('%', '')
    await copyFile(deb, join(folder, file))
    // For the user that apt becomes.
    await chmod(join(folder, file), 0o644)
    const digest = createHash('sha256').update(await readFile(deb))
    const { size } = await stat(deb)
    stanzas.push(`${stdout}\nFilename: ./${file}\nSize: ${size}\nSHA256: ${digest.digest('hex')}\n`)
  }
  await writeFile(join(folder, 'Packages'), stanzas.join('\n'))
  await chmod(join(folder, 'Packages'), 0o644)
  await chmod(folder, 0o755)
  return `deb [trusted=yes] copy:${encodedPath(folder)} ./`
}

/** apt 2.6 decodes a word of its sources, and what reads `copy:` decodes it once more. */
const encodedPath = (path: string): string =>
  path
    .replaceAll(/[^A-Za-z0-9/._~+-]/gu, (character) => encodeURIComponent(character).replace("'", '%27'))
    .replaceAll('%', '%25')
