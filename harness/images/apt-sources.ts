import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StackrigError } from '../errors/index.js'

const oneLine =
  /^deb(?:-src)?\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)\s+(?<components>.+)$/

/**
 * The lines of this machine's own apt sources that serve a Debian suite (`bookworm`, `bookworm-updates`, …), in
 * one-line format, components cut down to `main`. Images come from where the machine's own packages come from, so
 * mirrors and proxies need no second configuration.
 * Repositories of others (their suites have other names, or they have no `main`) are left out.
 * Throws HOST_PROGRAM_MISSING when there is none. Formats: sources.list(5).
 */
export function debianSources(suite: string, folder = '/etc/apt'): string[] {
  const lines = sourceFiles(folder).flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    return file.endsWith('.sources') ? fromStanzas(text, suite) : fromLines(text, suite)
  })
  if (lines.length === 0) {
    throw new StackrigError('HOST_PROGRAM_MISSING', `This machine has no apt source for Debian ${suite}.`, {
      where: join(folder, 'sources.list') + ', ' + join(folder, 'sources.list.d'),
      next: `add "deb MIRROR ${suite} main" to ${join(folder, 'sources.list')}`,
    })
  }
  return [...new Set(lines)]
}

/**
 * The lines of an archive that has old versions, with `;` between them, that serve a suite, as those of this machine. What an old
 * archive says of itself has long run out.
 * @throws StackrigError USAGE when none of them does
 */
export function archiveSources(lines: string, suite: string): string[] {
  const serving = fromLines(lines.replaceAll(';', '\n'), suite)
  if (serving.length === 0) {
    throw new StackrigError('USAGE', `a line of STACKRIG_ARCHIVE must serve main of Debian ${suite}`, {
      // An address may have a password in it.
      seen: lines.replaceAll(/\/\/[^\s/@]+@/g, '//***@').trim(),
      next: `export STACKRIG_ARCHIVE='deb ADDRESS ${suite} main', or unset it`,
    })
  }
  return serving.map((line) =>
    line.startsWith('deb [')
      ? line.replace(']', ' check-valid-until=no]')
      : line.replace('deb ', 'deb [check-valid-until=no] '),
  )
}

function sourceFiles(folder: string): string[] {
  const parts = join(folder, 'sources.list.d')
  const files = existsSync(parts) ? readdirSync(parts).sort() : []
  return [join(folder, 'sources.list'), ...files.map((file) => join(parts, file))].filter(
    (file) => existsSync(file) && /\.(list|sources)$/.test(file),
  )
}

const serves = (suite: string, wanted: string): boolean =>
  // Backports would be taken by nobody (their priority is 100), and cost a download of their index.
  [wanted, `${wanted}-updates`, `${wanted}-security`].includes(suite.replace('/updates', ''))

function fromLines(text: string, wanted: string): string[] {
  return text.split('\n').flatMap((line) => {
    const { options, uri, suite, components } = oneLine.exec(line.replace(/#.*/, '').trim())?.groups ?? {}
    if (line.startsWith('deb-src') || !uri || !suite || !components) return []
    if (!serves(suite, wanted) || !components.split(/\s+/).includes('main')) return []
    return [`deb ${options?.trim() ? `[${options.trim()}] ` : ''}${uri} ${suite} main`]
  })
}

function fromStanzas(text: string, wanted: string): string[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = stanzaFields(stanza)
    const words = (key: string): string[] => fields.get(key)?.split(/\s+/).filter(Boolean) ?? []
    if (fields.get('enabled')?.toLowerCase() === 'no') return []
    if (!words('types').includes('deb') || !words('components').includes('main')) return []
    const key = fields.get('signed-by')
    // A key that is written into the stanza has no place in the one-line format; apt's trusted keys have to do.
    const options = key?.startsWith('/') ? `[signed-by=${key.split(/\s+/).join(',')}] ` : ''
    return words('uris').flatMap((uri) =>
      words('suites')
        .filter((suite) => serves(suite, wanted))
        .map((suite) => `deb ${options}${uri} ${suite} main`),
    )
  })
}

function stanzaFields(stanza: string): Map<string, string> {
  const lines = stanza.split('\n').filter((line) => !line.startsWith('#'))
  const unfolded = lines.join('\n').replace(/\n[ \t]+/g, ' ')
  return new Map(
    unfolded.split('\n').flatMap((line) => {
      const colon = line.indexOf(':')
      return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]]
    }),
  )
}
