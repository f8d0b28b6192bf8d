import { StackrigError } from '../errors/index.js'
import { openFiles } from './open-files.js'

/** Disks of running nodes lie on that of their image: under another one they would be torn. @throws StackrigError USAGE */
export function requireUnused(name: string, folder: string): void {
  if (!openFiles().some((file) => file.startsWith(`${folder}/`))) return
  throw new StackrigError('USAGE', `No node may run on image ${name} while it is built again.`, {
    where: folder,
    next: 'npx stackrig ps lists running clusters, npx stackrig down ends one',
  })
}
