import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { makeFolder } from '../make-folder.js'
import { replaceFile } from '../replace-file.js'
import { settings } from '../settings.js'
import { archiveSources, debianSources } from './apt-sources.js'
import { lockDownloads } from './build-lock.js'
import { aptFolder, debsFolder } from './cache.js'
import { buildFailed, runLogged, type BuildLog } from './program.js'

/** Whether only this machine's sources are asked, or also an archive that has old versions. */
export type Versions = 'newest' | 'all'

/**
 * apt's state for one suite: what another has the newest of is no package of this one. bookworm was the only one once. Each process may name
 * an archive of its own: those that name another have another folder.
 */
function suiteFolder(suite: string, versions: Versions): string {
  if (versions === 'all') {
    const digest = createHash('sha256').update(packageSources(suite, versions).join('\n')).digest('hex')
    return join(aptFolder(), 'all', `${suite}-${digest.slice(0, 12)}`)
  }
  return suite === 'bookworm' ? aptFolder() : join(aptFolder(), 'suites', suite)
}

/** Where apt looks for the packages of a suite. Throws like debianSources. */
export function packageSources(suite: string, versions: Versions): string[] {
  const { archive } = settings()
  const old = versions === 'all' && archive !== undefined ? archiveSources(archive, suite) : []
  return [...debianSources(suite), ...old]
}

/**
 * Options that make apt work on stackrig's own state below the cache: without root, without a look at what is
 * installed on this machine, and with nothing but its Debian sources.
 */
export function privateApt(suite: string, versions: Versions): string[] {
  const folder = suiteFolder(suite, versions)
  for (const part of ['lists/partial', 'archives/partial']) makeFolder(join(folder, part))
  // An address may have a password in it.
  replaceFile(join(folder, 'sources.list'), packageSources(suite, versions).join('\n') + '\n', 0o600)
  writeFileSync(join(folder, 'status'), '')
  const options = {
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    // Root of a user namespace cannot become the user _apt.
    'APT::Sandbox::User': '',
    'APT::Update::Post-Invoke-Success::': '',
    'Acquire::Languages': 'none',
  }
  return Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`])
}

/** Per suite and versions: what was brought up to date by this process. */
const indexes = new Map<string, Promise<string>>()

/**
 * Brings the package indexes of stackrig's own apt up to date, once per process and suite. Returns a digest that changes when the
 * archive does.
 */
export function updateIndexes(log: BuildLog, suite: string, versions: Versions = 'newest'): Promise<string> {
  const key = `${versions} ${suite}`
  const present = indexes.get(key)
  if (present) return present
  const updating = update(log, suite, versions)
  indexes.set(key, updating)
  // A failure is not remembered: the next build tries again.
  updating.catch(() => indexes.delete(key))
  return updating
}

async function update(log: BuildLog, suite: string, versions: Versions): Promise<string> {
  // apt's own lock makes a second apt fail instead of wait.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- held until this function returns
  await using _lock = await lockDownloads('apt', log.signal)
  await runLogged(log, 'apt-get', [...privateApt(suite, versions), 'update'])
  const hash = createHash('sha256')
  const lists = join(suiteFolder(suite, versions), 'lists')
  for (const file of readdirSync(lists).sort()) {
    if (file.endsWith('Release')) hash.update(`${file}\0`).update(readFileSync(join(lists, file)))
  }
  return hash.digest('hex')
}

/** How this machine reaches its mirrors (proxies, certificates, retries), as options for another apt. */
export async function hostAptOptions(): Promise<string[]> {
  const { stdout } = await execa('apt-config', ['dump'])
  return stdout
    .split('\n')
    .filter((line) =>
      /^Acquire::(https?|ftp|Check-Valid-Until|Check-Date|Retries|ForceIPv)[^ ]* "/.test(line),
    )
}

/**
 * The newest `NAME_*.deb` the cache has of each package; downloads what apt says is newer. Names as apt knows them, also
 * `NAME=VERSION`. The caller holds a lock: one download at a time.
 */
export async function downloadPackages(
  log: BuildLog,
  suite: string,
  names: string[],
  versions: Versions = 'newest',
): Promise<string[]> {
  const apt = privateApt(suite, versions)
  await updateIndexes(log, suite, versions)
  const files: string[] = []
  for (const name of names) {
    const { stdout } = await execa('apt-get', [...apt, 'download', '--print-uris', '--', name], {
      reject: false,
    })
    const file = /^'[^']+' (\S+)/m.exec(stdout)?.[1]
    if (!file) throw buildFailed(log, `Debian ${suite} has no package ${name}`)
    // apt escapes the colon of an epoch.
    const path = join(debsFolder(), file)
    if (!existsSync(path)) {
      // Renamed when complete: apt writes under the final name from the first byte on.
      const arriving = join(debsFolder(), '.arriving')
      rmSync(arriving, { recursive: true, force: true })
      mkdirSync(arriving)
      const words = [...apt, 'download', '--', name]
      await runLogged(log, 'sh', ['-c', 'cd "$0" && exec apt-get "$@"', arriving, ...words])
      renameSync(join(arriving, file), path)
      rmSync(arriving, { recursive: true })
    }
    files.push(path)
  }
  return files
}

/** The package a meta package stands for: `linux-image-cloud-amd64` -> `linux-image-6.1.0-56-cloud-amd64`. */
export async function newestKernelPackage(log: BuildLog, suite: string, meta: string): Promise<string> {
  const apt = privateApt(suite, 'newest')
  await updateIndexes(log, suite)
  const { stdout } = await execa('apt-cache', [...apt, 'depends', meta], { reject: false })
  const found = /Depends: (linux-image-\S+)/.exec(stdout)?.[1]
  if (!found) throw buildFailed(log, `${meta} does not depend on a kernel image`)
  return found
}

/** `name=version` of a package file, from its name. */
export function versionOf(debFile: string): string {
  const [name, version] = (debFile.split('/').at(-1) ?? '').split('_')
  return `${name ?? ''}=${decodeURIComponent(version ?? '')}`
}
