import { projectFolder } from '../paths.js'

/** Prints lines to standard output. */
export function print(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** How the terminal at standard output takes a summary of a run. */
export function terminalOptions(): { width: number; colour: boolean; from: string } {
  const { stdout } = process
  return {
    width: stdout.columns || 80,
    colour: stdout.isTTY && stdout.hasColors(),
    from: projectFolder,
  }
}
