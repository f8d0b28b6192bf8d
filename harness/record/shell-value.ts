/** What `$(…)` makes of an output: all but the newlines at its end (POSIX, Shell Command Language, 2.6.3). */
export function shellValue(output: string): string {
  let end = output.length
  while (output[end - 1] === '\n') end--
  return output.slice(0, end)
}
