import { existsSync } from 'node:fs'
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path'
import { settings } from '../settings.js'

/** Beside a folder `bin`, what programs in it are made of. */
const belonging = ['lib', 'lib64', 'libexec', 'share/qemu', 'share/seabios']

/** Where a program lies that is found as a shell finds it, and what belongs to it. */
export function programFolders(program = ''): string[] {
  const folders = isAbsolute(program) ? [dirname(program)] : settings().path.split(delimiter)
  const folder = folders.find((each) => each !== '' && existsSync(join(each, basename(program))))
  if (folder === undefined) return []
  const around = basename(folder) === 'bin' ? belonging.map((name) => join(dirname(folder), name)) : []
  return [folder, ...around]
}
