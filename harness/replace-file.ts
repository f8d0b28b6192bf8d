import { renameSync, writeFileSync } from 'node:fs'

/**
 * Writes a file so that nobody ever reads half of it. In one go, for files that several of our own tasks add to: what one
 * reads and replaces, no other replaces in between.
 * @param mode of the file; the umask takes from it.
 */
export function replaceFile(file: string, text: string | Uint8Array, mode = 0o666): void {
  const written = `${file}.${process.pid}`
  writeFileSync(written, text, { mode })
  renameSync(written, file)
}
