/** One part of what a script of `scripts.ts` printed. */
export interface Part {
  name: string
  lines: string[]
}

/** The parts, and whether the script came to its end: of a part that was cut short nothing is known. */
export function partsOf(output: string): { parts: Part[]; whole: boolean } {
  const parts: Part[] = []
  for (const line of output.split('\n')) {
    const name = /^@part (.*)$/.exec(line)?.[1]
    if (name !== undefined) parts.push({ name, lines: [] })
    else if (line !== '' && line !== '@end') parts.at(-1)?.lines.push(line)
  }
  const whole = /\n@end\s*$/.test(output)
  return { parts: whole ? parts : parts.slice(0, -1), whole }
}
