import { renameSync, writeFileSync } from 'node:fs'

/**
 * Writes a file so that nobody ever reads half of it. In one go, for files that several of our own tasks add to: what one
 * reads and replaces, no other replaces in between.
 */
export function replaceFile(file: string, text: string): void {
  const written = `${file}.${process.pid}`
  writeFileSync(written, text)
  renameSync(written, file)
}
